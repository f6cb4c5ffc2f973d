//! What the functions that [`kernels!`](crate::kernels) makes are made of.

use crate::grid::Grid;
use crate::session::Session;
use crate::signature::Signature;
use crate::tensor::{GpuTensor, GpuVec};
use ptx::ir::Type;
use rustacuda::error::CudaResult;
use rustacuda::function::Function;
use rustacuda::memory::{DeviceCopy, DevicePointer};
use rustacuda::stream::Stream;
use std::ffi::CString;
use unrolled::{Error, Result};

/// The kernels of a PTX file, as Rust functions.
///
/// RustaCUDA's `launch!` takes anything for a parameter: one too few, or a 64-bit number where the kernel reads 32 bits,
/// compiles and is undefined behaviour. So each kernel gets a function, with a type for each parameter:
///
/// | in Rust | in PTX |
/// |---|---|
/// | `&GpuTensor`, `&GpuVec`: what is read | `.param .u64` |
/// | `&mut GpuTensor`, `&mut GpuVec`: what is written; if a clone shares its elements, it gets its own first | `.param .u64` |
/// | `u32`, `i32`, `f32` | `.param .u32`, `.s32`, `.f32` |
///
/// Names and order are those of the PTX. Loading the file holds each function against its `.entry`;
/// [`testing::assert_matches_ptx`](crate::testing::assert_matches_ptx) does it in a test, and finds those without a function.
///
/// ```ignore
/// host::kernels! {
///     /// Elementwise sums.
///     pub mod kernels from "kernels.ptx"; // a path relative to this file
///
///     /// z = x + y, one thread for each of `count` elements.
///     fn add(x: &GpuTensor, y: &GpuTensor, z: &mut GpuTensor, count: u32);
/// }
///
/// kernels::add(&session, Grid::cover(x.len(), 256)?, &x, &y, &mut z, size("elements", x.len())?)?;
/// host::testing::assert_matches_ptx(kernels::PTX, kernels::SIGNATURES);
/// ```
///
/// A call returns before the kernel has run: see [`Session`](crate::Session). A grid with no blocks is nothing to do.
#[macro_export]
macro_rules! kernels {
    (
        $(#[$about:meta])*
        $vis:vis mod $module:ident from $path:literal;
        $(
            $(#[$doc:meta])*
            fn $kernel:ident($($param:ident: $ty:ty),* $(,)?);
        )*
    ) => {
        $(#[$about])*
        $vis mod $module {
            #[allow(unused_imports)]
            use $crate::{GpuTensor, GpuVec};

            /// The text of the kernels.
            pub static PTX: &str = include_str!($path);

            /// The parameters of each kernel.
            pub const SIGNATURES: &[$crate::Signature] = &[$($crate::Signature {
                kernel: stringify!($kernel),
                params: &[$((stringify!($param), <$ty as $crate::launch::Param>::TYPE)),*],
            }),*];

            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// If a tensor is of another session, the grid isn't one that a GPU takes, the kernels can't be loaded,
                /// or one launched before has failed.
                #[allow(clippy::too_many_arguments)]
                // ANCHOR: call
                pub fn $kernel(
                    session: &$crate::Session,
                    grid: $crate::Grid,
                    $($param: $ty),*
                ) -> $crate::unrolled::Result<()> {
                    $(let $param = $crate::launch::Param::raw($param, session, stringify!($param))?;)*
                    $crate::launch::launch(session, PTX, SIGNATURES, stringify!($kernel), grid, |function, stream| {
                        let [blocks, threads] = [grid.blocks, grid.threads].map(|[x, y, z]| (x, y, z));
                        let shared = grid.shared;
                        // SAFETY: when the module was loaded, the kernel's parameters were found to be these, in number,
                        // order and type. The kernel can touch nothing but the device's memory, which nobody on the
                        // host has a reference into: whatever it writes there are numbers, be they the wrong ones.
                        unsafe {
                            $crate::rustacuda::launch!(function<<<blocks, threads, shared, stream>>>($($param),*))
                        }
                    })
                }
                // ANCHOR_END: call
            )*
        }
    };
}

/// A type that kernels take.
pub trait Param: sealed::Sealed {
    /// The type in PTX.
    const TYPE: Type;
    /// What is passed, as wide as `TYPE`.
    type Raw: DeviceCopy;

    /// What is passed for this value of the parameter `name`.
    ///
    /// # Errors
    /// If it isn't of this session, or has to be copied and can't.
    fn raw(self, session: &Session, name: &'static str) -> Result<Self::Raw>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($ty:ty => $ptx:ident),*) => { $(
        impl sealed::Sealed for $ty {}
        impl Param for $ty {
            const TYPE: Type = Type::$ptx;
            type Raw = $ty;

            fn raw(self, _: &Session, _: &'static str) -> Result<$ty> {
                Ok(self)
            }
        }
    )* };
}
numbers!(u32 => U32, i32 => S32, f32 => F32);

macro_rules! memory {
    ($($ty:ty => $element:ty),*) => { $(
        impl sealed::Sealed for &$ty {}
        impl Param for &$ty {
            const TYPE: Type = Type::U64;
            type Raw = DevicePointer<$element>;

            fn raw(self, session: &Session, name: &'static str) -> Result<Self::Raw> {
                check_session(self.session(), session, name)?;
                Ok(self.buffer().address())
            }
        }

        impl sealed::Sealed for &mut $ty {}
        impl Param for &mut $ty {
            const TYPE: Type = Type::U64;
            type Raw = DevicePointer<$element>;

            fn raw(self, session: &Session, name: &'static str) -> Result<Self::Raw> {
                check_session(self.session(), session, name)?;
                self.unshare()?;
                Ok(self.buffer().address())
            }
        }
    )* };
}
memory!(GpuTensor => f32, GpuVec => u32);

fn check_session(of: &Session, with: &Session, name: &str) -> Result<()> {
    match of.is(with) {
        true => Ok(()),
        false => {
            let (got, expected) = (format!("a tensor of {of:?}"), format!("one of the session that is used, {with:?}"));
            Err(Error::Argument { name: name.into(), got, expected })
        }
    }
}

/// Launches a kernel by `start`, which gets the kernel and the stream, with this session's context current.
///
/// # Errors
/// If the grid isn't one that a GPU takes, the kernels can't be loaded, or one launched before has failed.
pub fn launch(
    session: &Session,
    ptx: &'static str,
    signatures: &'static [Signature],
    kernel: &str,
    grid: Grid,
    start: impl FnOnce(Function<'_>, &Stream) -> CudaResult<()>,
) -> Result<()> {
    grid.check()?;
    let module = session.module(ptx, signatures)?;
    if grid.is_empty() {
        return Ok(());
    }
    let stream = session.stream()?;
    let doing = format_args!("launching {kernel} with {grid:?}");
    let name = CString::new(kernel).map_err(|e| Error::failed(kernel, e))?;
    let function = session.done(doing, module.get_function(&name))?;
    session.done(doing, start(function, stream))
}
