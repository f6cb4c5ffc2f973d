//! The two element types, `f32` and `f64`, as one trait.

use crate::buffer::Shelf;
use crate::error::Result;
use crate::gemm::kernel::{self, Kernel};
use crate::simd::Isa;
use crate::var::Value;
use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A floating-point element: `f32` or `f64`, and nothing else.
pub trait Real:
    Value
    + Copy
    + Default
    + PartialOrd
    + Debug
    + Display
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The nearest element to an `f64`.
    fn of(x: f64) -> Self;
    /// This element as an `f64`; exact.
    fn f64(self) -> f64;
    /// e to the power of this.
    fn exp(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The GEMM micro-kernel for this type and an instruction set.
    fn kernel(isa: Isa) -> Kernel<Self>;
    /// Lends this thread's store of freed buffers; `None` while the thread ends.
    #[doc(hidden)]
    fn with_store<R>(f: impl FnOnce(&Shelf<Self>) -> R) -> Option<R>;
}

macro_rules! real {
    ($t:ident, $kernel:path) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            #[inline]
            fn of(x: f64) -> Self {
                x as $t
            }
            #[inline]
            fn f64(self) -> f64 {
                f64::from(self)
            }
            fn exp(self) -> Self {
                $t::exp(self)
            }
            fn ln(self) -> Self {
                $t::ln(self)
            }
            fn tanh(self) -> Self {
                $t::tanh(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
            fn kernel(isa: Isa) -> Kernel<Self> {
                $kernel(isa)
            }
            fn with_store<R>(f: impl FnOnce(&Shelf<Self>) -> R) -> Option<R> {
                thread_local!(static STORE: Shelf<$t> = Shelf::default());
                STORE.try_with(f).ok()
            }
        }

        /// A scalar is a value without axes: the tape differentiates plain numbers too.
        impl Value for $t {
            fn shape(&self) -> &[usize] {
                &[]
            }
            fn ones_like(&self) -> Result<Self> {
                Ok(1.0)
            }
            fn accumulate(&mut self, other: &Self) -> Result<()> {
                *self += other;
                Ok(())
            }
        }
    };
}
real!(f32, kernel::for_f32);
real!(f64, kernel::for_f64);
