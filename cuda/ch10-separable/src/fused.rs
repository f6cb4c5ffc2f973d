//! A depthwise convolution and the pointwise one behind it, in one kernel.

use crate::kernels;
use ch10_separable::depthwise;
use cuda_ch01_naive::Sizes;
use cuda_ch07_grouped::{Depthwise, Grouped};
use host::{GpuTensor, Grid, size};
use std::cell::OnceCell;
use std::rc::Rc;
use unrolled::{ChannelBias, ConvShape, ConvSpec, Convolution, Result, Var};

/// A tile's outputs along y and x.
const TILE: [usize; 2] = [4, 16];

/// Output channels of a block.
const OUTPUTS: usize = 64;

/// Channels in the middle that a block has at a time.
const MIDDLE: usize = 8;

/// Shared memory of a block, and of it, for the pointwise weights and the middle, in bytes.
const SHARED: usize = 48 * 1024;
const PRODUCT: usize = 4224;

/// What a block copies of the input in each channel.
struct Reach {
    rows: usize,
    columns: usize,
    /// From one row to the next in shared memory.
    pitch: usize,
    /// Shared memory of a block, in bytes.
    shared: usize,
}

impl Reach {
    // ANCHOR: reach
    fn of(s: &ConvShape<2>) -> Self {
        let [rows, columns] = [0, 1].map(|axis| {
            let taps = (s.kernel[axis] - 1).saturating_mul(s.spec.dilation[axis]).saturating_add(1);
            ((TILE[axis] - 1).saturating_mul(s.spec.stride[axis])).saturating_add(taps)
        });
        // 16 modulo 32, so that 32 threads in two rows find their inputs in 32 banks.
        let pitch = (columns.saturating_add(15) / 32).saturating_mul(32).saturating_add(16);
        let channel = rows.saturating_mul(pitch).saturating_add(s.kernel[0] * s.kernel[1]);
        let shared = channel.saturating_mul(4 * MIDDLE).saturating_add(PRODUCT);
        Self { rows, columns, pitch, shared }
    }
    // ANCHOR_END: reach
}

/// The depthwise convolution of an input `[N, C, H, W]` by a weight `[C, 1, R, S]`, and the pointwise one of that by a
/// weight `[K, C, 1, 1]`: `[N, K, Y, X]`, without the tensor `[N, C, Y, X]` in between.
///
/// Stride, padding and dilation are those of the first. Where they are so large that what a tile reads doesn't fit shared
/// memory, it is done in two steps.
///
/// # Errors
/// If `spec` has groups, a weight has another layout, a size doesn't fit 32 bits, or the device fails.
// ANCHOR: fused
#[rustfmt::skip] // sizes as the kernel lists them
pub fn fused(spec: &ConvSpec<2>, input: &GpuTensor, [depthwise, pointwise]: [&GpuTensor; 2]) -> Result<GpuTensor> {
    let [outputs, channels, ..] = depthwise::sizes(depthwise.shape(), pointwise.shape())?;
    let [first, second] = depthwise::steps(spec, channels)?;
    let shape = first.resolve(input.shape(), depthwise.shape())?;
    let reach = Reach::of(&shape);
    if reach.shared > SHARED {
        return Grouped.forward(&second, &Depthwise.forward(&first, input, depthwise)?, pointwise);
    }
    let Sizes { groups: c, input: [_, h, w], kernel: [_, r, s], output: [_, y, x], .. } = Sizes::new(&shape)?;
    let Sizes { stride: [_, sy, sx], padding: [_, py, px], dilation: [_, dy, dx], .. } = Sizes::new(&shape)?;

    let mut output = input.session().scratch(&[shape.n, outputs, shape.output[0], shape.output[1]])?;
    let blocks = shape.n * shape.output[1].div_ceil(TILE[1]) * outputs.div_ceil(OUTPUTS);
    let grid = Grid::new([blocks, shape.output[0].div_ceil(TILE[0]), 1], [128, 1, 1])?;
    kernels::fused::fused(
        input.session(), grid.with_shared(reach.shared as u32), input, depthwise, pointwise, &mut output,
        reach.rows as u32, reach.columns as u32, reach.pitch as u32, c, size("output channels", outputs)?,
        h, w, r, s, y, x, sy, sx, py, px, dy, dx,
    )?;
    Ok(output)
}
// ANCHOR_END: fused

/// The depthwise separable convolution as [`ch10_separable::depthwise_separable()`] has it, with [`fused`] for the forward
/// pass.
///
/// The gradients are those of the two steps. The one of the pointwise weight needs the tensor in the middle, which nobody
/// has stored: it is computed again, which is cheaper than it was to keep.
///
/// ```
/// use cuda_ch10_separable::fused_separable;
/// use host::Session;
/// use unrolled::{ConvSpec, Tensor, Var};
///
/// let session = Session::new()?;
/// let images = Var::constant(session.full(&[1, 8, 32, 32], 1.0)?);
/// let depthwise = Var::parameter(session.full(&[8, 1, 3, 3], 1.0)?);
/// let pointwise = Var::parameter(session.full(&[4, 8, 1, 1], 0.5)?);
/// let y = fused_separable(&ConvSpec::default(), &images, [&depthwise, &pointwise], None)?;
/// assert_eq!(y.value().download()?, Tensor::full(&[1, 4, 30, 30], 9.0 * 8.0 * 0.5)?);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`fused`], and if the bias isn't `[K]`.
// ANCHOR: layer
pub fn fused_separable(
    spec: &ConvSpec<2>,
    input: &Var<GpuTensor>,
    [depthwise, pointwise]: [&Var<GpuTensor>; 2],
    bias: Option<&Var<GpuTensor>>,
) -> Result<Var<GpuTensor>> {
    let (x, w, p) = (input.value(), depthwise.value(), pointwise.value());
    let mut y = fused(spec, &x, [&w, &p])?;
    let [first, second] = depthwise::steps(spec, w.shape()[0])?;
    let middle = first.resolve(x.shape(), w.shape())?.output_shape();
    if let Some(bias) = bias {
        y = y.add_bias(&bias.value())?;
    }

    // ANCHOR_END: layer
    let mut op = Var::op(y);
    if let Some(bias) = bias {
        op = op.input(bias, |dy| dy.sum_channels());
    }
    // ANCHOR: adjoints
    // The gradient of the middle leads to two others. Whichever adjoint comes first computes it.
    let of_middle = Rc::new({
        let (p, once) = (p.clone(), OnceCell::new());
        move |dy: GpuTensor| match once.get() {
            Some(grad) => Ok(GpuTensor::clone(grad)),
            None => {
                let grad = Grouped.grad_input(&second, &middle, &p, &dy)?;
                Ok(once.get_or_init(|| grad).clone())
            }
        }
    });
    let op = op.input(pointwise, {
        let (x, w) = (x.clone(), w.clone());
        move |dy| Grouped.grad_weight(&second, &Depthwise.forward(&first, &x, &w)?, p.shape(), &dy)
    });
    let op = op.input(depthwise, {
        let (x, w_shape, of_middle) = (x.clone(), w.shape().to_vec(), of_middle.clone());
        move |dy| Depthwise.grad_weight(&first, &x, &w_shape, &of_middle(dy)?)
    });
    let x_shape = x.shape().to_vec();
    let op = op.input(input, move |dy| Depthwise.grad_input(&first, &x_shape, &w, &of_middle(dy)?));
    Ok(op.var())
    // ANCHOR_END: adjoints
}
