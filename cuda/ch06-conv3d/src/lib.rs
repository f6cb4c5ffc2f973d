//! Chapter 6 on the GPU: a march through the depth.
//!
//! A 3D convolution sees each plane of its input once for each tap along the depth: chapter 1's kernels read it, on
//! behalf of each output, Q times over. [`March`] reads it once. A block of threads stands on a patch of the output, 8
//! rows and 32 columns, and walks along the depth; the Q outputs of each thread that are in flight wait in registers,
//! and each plane of the input that comes by adds to all of them at once. Within the plane, the block keeps what it
//! sees in shared memory, where R S taps find it. `march.ptx` is that kernel; `flip.ptx` turns the weights around for
//! the gradient of the input.
//!
//! What to look at: of the input, a block loads (Z + Q − 1) planes of (8 + R − 1)(32 + S − 1) elements per channel for
//! Z planes of 8 × 32 outputs. At Z = 16 and 3 × 3 × 3 taps that is 1.5 loads for each place, where chapter 1 has 27;
//! and as a thread computes four channels, 1.5 for four outputs. What it costs: two barriers for each plane and
//! channel, and where the output is no wider than a few columns, most of the 32 threads of a warp have nothing to do.

pub mod kernels;

use cuda_ch01_naive::{Blockwise, Naive, Sizes};
use host::{GpuTensor, Grid, size};
use unrolled::{ConvShape, ConvSpec, Convolution, Result};

/// The part of the output that a block computes: planes, rows and columns. The kernel counts on so many rows and
/// columns. More planes would mean that blocks read fewer planes twice, and that there are fewer blocks.
const PATCH: [usize; 3] = [16, 8, 32];

/// Output channels of a thread; the kernel counts on it.
const CHANNELS: usize = 4;

/// Bytes of shared memory that every GPU has for a block.
const SHARED: usize = 48 << 10;

/// A 3D convolution that reads each plane of its input once.
///
/// Any stride, padding, dilation and groups; the march is for those that it [takes](March::takes). Chapter 1's kernels
/// do the rest, and the gradient of the weight always. The gradient of the input is a march too, over the gradient of
/// the output and with the weights turned around, if the stride is 1 along every axis, and no output sees padding
/// alone.
///
/// Around a plane the tile holds zeros, which are multiplied as everything else: there an infinite weight makes NaN.
///
/// ```
/// use cuda_ch06_conv3d::March;
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // What changed from one frame to the next?
/// let session = Session::new()?;
/// let frames = session.upload(&Tensor::new(&[1, 1, 3, 1, 2], vec![1.0, 2.0, 1.0, 5.0, 4.0, 5.0])?)?;
/// let step = session.upload(&Tensor::new(&[1, 1, 2, 1, 1], vec![-1.0, 1.0])?)?;
/// let change = March.forward(&ConvSpec::<3>::default(), &frames, &step)?;
/// assert_eq!(change.download()?.data(), [0.0, 3.0, 3.0, 0.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct March;

impl March {
    /// Whether the kernel can compute this forward pass: stride and dilation 1 along the depth, at most 3 taps along
    /// it, and a tile that fits into shared memory together with the weights of one input channel.
    pub fn takes(shape: &ConvShape<3>) -> bool {
        shared(shape).is_some()
    }
}

impl Convolution<GpuTensor, 3> for March {
    // ANCHOR: march
    fn forward(&self, spec: &ConvSpec<3>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        match shared(&shape) {
            Some(shared) => march(&shape, shared, input, weight),
            None => Naive.forward(spec, input, weight),
        }
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<3>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        match transposed(&shape).and_then(|back| Some((back, shared(&back)?))) {
            Some((back, shared)) => march(&back, shared, grad, &flip(&shape, weight)?),
            None => Naive.grad_input(spec, input_shape, weight, grad),
        }
    }
    // ANCHOR_END: march

    fn grad_weight(
        &self,
        spec: &ConvSpec<3>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        Blockwise.grad_weight(spec, input, weight_shape, grad)
    }
}

/// The forward pass by the march, which takes so many bytes of shared memory for a block.
#[rustfmt::skip] // sizes as the kernel lists them
fn march(shape: &ConvShape<3>, shared: u32, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
    let patches: usize = shape.output.iter().zip(PATCH).map(|(size, patch)| size.div_ceil(patch)).product();
    let blocks = shape.n * shape.spec.groups * shape.k.div_ceil(CHANNELS) * patches;
    let [depth, rows, columns] = PATCH.map(|size| size as u32);
    let grid = Grid::new([blocks, 1, 1], [columns, rows, 1])?.with_shared(shared);

    let Sizes { groups, c, k, input: [d, h, w], kernel: [q, r, s], output: [z, y, x], .. } = Sizes::new(shape)?;
    let Sizes { stride: [_, sy, sx], padding: [pz, py, px], dilation: [_, dy, dx], .. } = Sizes::new(shape)?;
    let mut output = input.session().scratch(&shape.output_shape())?;
    kernels::march::march(
        input.session(), grid, input, weight, &mut output,
        groups, c, k, d, h, w, q, r, s, z, y, x, sy, sx, pz, py, px, dy, dx, depth,
    )?;
    Ok(output)
}

/// The bytes of shared memory that a block of the march takes: the weights of one input channel, and the tile. `None`
/// if that is more than there is, or the march isn't for this convolution at all.
fn shared(shape: &ConvShape<3>) -> Option<u32> {
    let ConvSpec { stride, dilation, .. } = shape.spec;
    if stride[0] != 1 || dilation[0] != 1 || shape.kernel[0] > 3 {
        return None;
    }
    let tile = |axis: usize| {
        let reach = (shape.kernel[axis] - 1).checked_mul(dilation[axis])?;
        (PATCH[axis] - 1).checked_mul(stride[axis])?.checked_add(reach)?.checked_add(1)
    };
    let taps = shape.kernel.iter().product::<usize>().checked_mul(CHANNELS)?;
    let floats = tile(1)?.checked_mul(tile(2)?)?.checked_add(taps)?;
    floats.checked_mul(size_of::<f32>()).filter(|&bytes| bytes <= SHARED).map(|bytes| bytes as u32)
}

// ANCHOR: flipped
/// The convolution over the output's gradient that gives the input's, if there is one.
///
/// At stride 1, input iz is seen by output iz + padding − q dilation through tap q, for each q. Counted from the last
/// tap, q' = Q − 1 − q, that is iz + q' dilation − padding', with padding' = (Q − 1) dilation − padding.
fn transposed(shape: &ConvShape<3>) -> Option<ConvShape<3>> {
    let ConvSpec { stride, padding, dilation, groups } = shape.spec;
    if stride != [1; 3] {
        return None;
    }
    let mut opposite = [0; 3];
    for axis in 0..3 {
        opposite[axis] = ((shape.kernel[axis] - 1) * dilation[axis]).checked_sub(padding[axis])?;
    }
    let spec = ConvSpec { stride, padding: opposite, dilation, groups };
    Some(ConvShape { spec, c: shape.k, k: shape.c, input: shape.output, output: shape.input, ..*shape })
}
// ANCHOR_END: flipped

/// The weights turned around: `[K, C/groups, Q, R, S]` to `[C, K/groups, Q, R, S]`, each sub-kernel backwards.
fn flip(shape: &ConvShape<3>, weight: &GpuTensor) -> Result<GpuTensor> {
    let ConvShape { spec: ConvSpec { groups, .. }, c, k, kernel: [q, r, s], .. } = *shape;
    let mut flipped = weight.session().scratch(&[groups * c, k, q, r, s])?;
    let grid = Grid::cover(flipped.len(), 256)?;
    let [groups, c, k] = [size("groups", groups)?, size("input channels", c)?, size("output channels", k)?];
    kernels::flip::flip(weight.session(), grid, weight, &mut flipped, groups, c, k, size("taps", q * r * s)?)?;
    Ok(flipped)
}
