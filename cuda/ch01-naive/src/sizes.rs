//! A convolution's sizes, as kernels take them.

use host::{GpuTensor, Grid, Session};
use unrolled::conv::axis_names;
use unrolled::{ConvShape, Error, Result};

/// Every size of a convolution in three dimensions, as kernels take it: in 32 bits, with the sign unused.
///
/// ```
/// use cuda_ch01_naive::Sizes;
/// use unrolled::ConvSpec;
///
/// let spec = ConvSpec { stride: [2, 3], ..ConvSpec::default() };
/// let sizes = Sizes::new(&spec.resolve(&[8, 3, 28, 30], &[16, 3, 5, 6])?)?;
/// assert_eq!((sizes.n, sizes.groups, sizes.c, sizes.k), (8, 1, 3, 16));
/// assert_eq!((sizes.input, sizes.kernel, sizes.stride), ([1, 28, 30], [1, 5, 6], [1, 2, 3]));
///
/// let spec = ConvSpec { padding: [1 << 31], ..ConvSpec::default() };
/// let e = Sizes::new(&spec.resolve(&[8, 1, 10], &[1, 1, 3])?).unwrap_err();
/// assert_eq!(e.to_string(), "padded width: got 4294967306, expected at most 2147483647: kernels count in 32 bits");
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Images.
    pub n: u32,
    /// Groups.
    pub groups: u32,
    /// Input channels of one group.
    pub c: u32,
    /// Output channels of one group.
    pub k: u32,
    /// Size of the input, D H W.
    pub input: [u32; 3],
    /// Size of the kernel, Q R S.
    pub kernel: [u32; 3],
    /// Size of the output, Z Y X.
    pub output: [u32; 3],
    /// Steps of the kernel.
    pub stride: [u32; 3],
    /// Zeros before and behind the input.
    pub padding: [u32; 3],
    /// Distance between taps.
    pub dilation: [u32; 3],
}

impl Sizes {
    /// Those of a convolution, with axes of size 1 put in front.
    ///
    /// # Errors
    /// If one, or the size of the padded input along an axis, is 2³¹ or more.
    pub fn new<const D: usize>(shape: &ConvShape<D>) -> Result<Self> {
        let shape = shape.lift();
        for (axis, name) in axis_names::<3>().into_iter().enumerate() {
            fits(
                &format!("padded {name}"),
                shape.input[axis].saturating_add(shape.spec.padding[axis].saturating_mul(2)),
            )?;
        }
        let axes = |what: &str, sizes: [usize; 3]| -> Result<[u32; 3]> {
            let mut fit = [0; 3];
            for (axis, name) in axis_names::<3>().into_iter().enumerate() {
                fit[axis] = fits(&format!("{what} along {name}"), sizes[axis])?;
            }
            Ok(fit)
        };
        Ok(Self {
            n: fits("images", shape.n)?,
            groups: fits("groups", shape.spec.groups)?,
            c: fits("input channels", shape.c)?,
            k: fits("output channels", shape.k)?,
            input: axes("input", shape.input)?,
            kernel: axes("kernel", shape.kernel)?,
            output: axes("output", shape.output)?,
            stride: axes("stride", shape.spec.stride)?,
            padding: axes("padding", shape.spec.padding)?,
            dilation: axes("dilation", shape.spec.dilation)?,
        })
    }

    /// Launches a kernel that reads two tensors, writes a third, and takes all sizes.
    ///
    /// # Errors
    /// As the kernel's function.
    #[rustfmt::skip] // sizes as the kernels list them
    pub fn launch(&self, kernel: Kernel, grid: Grid, from: [&GpuTensor; 2], to: &mut GpuTensor) -> Result<()> {
        let Self { n, groups, c, k, input: [d, h, w], kernel: [q, r, s], output: [z, y, x], .. } = *self;
        let Self { stride: [sz, sy, sx], padding: [pz, py, px], dilation: [dz, dy, dx], .. } = *self;
        kernel(
            from[0].session(), grid, from[0], from[1], to,
            n, groups, c, k, d, h, w, q, r, s, z, y, x, sz, sy, sx, pz, py, px, dz, dy, dx,
        )
    }
}

/// The function of such a kernel: the parameters behind the tensors are N, groups, C, K; D, H, W; Q, R, S; Z, Y, X; and
/// stride, padding and dilation along each axis.
#[rustfmt::skip]
pub type Kernel = fn(
    &Session, Grid, &GpuTensor, &GpuTensor, &mut GpuTensor,
    u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32,
) -> Result<()>;

/// A size that fits.
fn fits(what: &str, n: usize) -> Result<u32> {
    match i32::try_from(n) {
        Ok(n) => Ok(n.unsigned_abs()),
        Err(_) => Err(Error::argument(what, n, format!("at most {}: kernels count in 32 bits", i32::MAX))),
    }
}
