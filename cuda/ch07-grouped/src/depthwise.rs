//! Depthwise convolution, on tiles in shared memory.

use crate::kernels;
use cuda_ch01_naive::{Blockwise, Naive, Sizes};
use host::{GpuTensor, Grid};
use unrolled::{ChannelBias, ConvShape, ConvSpec, Convolution, Error, Result};

/// Depthwise convolution, directly: C groups, and each input channel has its own K/C kernels.
///
/// A block of threads is a tile of one channel. What the tile reads of the other side, the block fetches into shared
/// memory first, once for all taps. The gradient of the weight is summed up for each image by itself, tile by tile, and
/// then over the images.
///
/// One, two and three dimensions, with any stride, padding and dilation. Where they are so large that what a tile reads
/// doesn't fit shared memory, its outputs are far from sharing inputs: there chapter 1's kernels take over.
///
/// ```
/// use cuda_ch07_grouped::Depthwise;
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let session = Session::new()?;
/// let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
/// let input = session.upload(&Tensor::new(&[1, 2, 3], vec![1.0, 2.0, 4.0, 1.0, 1.0, 1.0])?)?;
/// let weight = session.upload(&Tensor::new(&[2, 1, 2], vec![-1.0, 1.0, 2.0, 3.0])?)?;
/// let output = Depthwise.forward(&spec, &input, &weight)?;
/// assert_eq!(output.download()?.data(), [1.0, 2.0, 5.0, 5.0]);
///
/// let two_in_one = ConvSpec::<1>::default();
/// let e = Depthwise.forward(&two_in_one, &input, &weight.reshape(&[1, 2, 2])?).unwrap_err();
/// assert_eq!(e.to_string(), "input channels of a group: got 2, expected 1, as Depthwise takes; Grouped takes more");
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Depthwise;

/// Shared memory of a block, in numbers of four bytes.
const SHARED: usize = 48 * 1024 / 4;

/// The convolution in three dimensions, if it is a depthwise one.
fn check<const D: usize>(shape: &ConvShape<D>) -> Result<ConvShape<3>> {
    if shape.c != 1 {
        let expected = "1, as Depthwise takes; Grouped takes more";
        return Err(Error::argument("input channels of a group", shape.c, expected));
    }
    Ok(shape.lift())
}

// ANCHOR: tile
/// Threads of a block along y and x, for a plane of this size: whole warps, each along a line where the plane is wide.
fn tile([_, height, width]: [usize; 3]) -> [usize; 2] {
    let x = width.next_power_of_two().min(if height == 1 { 256 } else { 32 });
    let y = height.next_power_of_two().min(256 / x);
    [y, x.max(32 / y)]
}

/// How many inputs a tile of outputs reads, along y and x.
fn halo(s: &ConvShape<3>, tile: [usize; 2]) -> usize {
    let along = |axis: usize, tile: usize| {
        let outputs = (tile - 1).saturating_mul(s.spec.stride[axis]);
        outputs.saturating_add((s.kernel[axis] - 1).saturating_mul(s.spec.dilation[axis])).saturating_add(1)
    };
    along(1, tile[0]).saturating_mul(along(2, tile[1]))
}

/// How many outputs read from a tile of inputs, at most, along y and x.
fn reached(s: &ConvShape<3>, tile: [usize; 2]) -> usize {
    let along = |axis: usize, tile: usize| {
        let inputs = (s.kernel[axis] - 1).saturating_mul(s.spec.dilation[axis]).saturating_add(tile - 1);
        inputs.div_ceil(s.spec.stride[axis]) + 1
    };
    along(1, tile[0]).saturating_mul(along(2, tile[1]))
}
// ANCHOR_END: tile

/// The grid of a pass whose result has so many channels, each cut into tiles, with shared memory for so many numbers.
fn grid(channels: usize, [depth, height, width]: [usize; 3], [y, x]: [usize; 2], shared: usize) -> Result<Grid> {
    let blocks = [channels * width.div_ceil(x), height.div_ceil(y), depth];
    Ok(Grid::new(blocks, [x as u32, y as u32, 1])?.with_shared(4 * shared as u32))
}

impl<const D: usize> Convolution<GpuTensor, D> for Depthwise {
    // ANCHOR: forward
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let s = check(&shape)?;
        let tile = tile(s.output);
        let shared = s.taps().saturating_add(halo(&s, tile));
        if shared > SHARED {
            return Naive.forward(spec, input, weight);
        }
        let mut output = input.session().scratch(&shape.output_shape())?;
        let grid = grid(s.n * spec.groups * s.k, s.output, tile, shared)?;
        let kernel = kernels::depthwise_forward::depthwise_forward;
        Sizes::new(&shape)?.launch(kernel, grid, [input, weight], &mut output)?;
        Ok(output)
    }
    // ANCHOR_END: forward

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let s = check(&shape)?;
        let tile = tile(s.input);
        let shared = (s.k * s.taps()).saturating_add(reached(&s, tile));
        if shared > SHARED {
            return Naive.grad_input(spec, input_shape, weight, grad);
        }
        let mut dx = weight.session().scratch(input_shape)?;
        let grid = grid(s.n * spec.groups, s.input, tile, shared)?;
        let kernel = kernels::depthwise_grad_input::depthwise_grad_input;
        Sizes::new(&shape)?.launch(kernel, grid, [weight, grad], &mut dx)?;
        Ok(dx)
    }

    // ANCHOR: grad_weight
    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let s = check(&shape)?;
        let [y, x] = tile(s.output);
        let shared = (2 * y * x + s.taps()).saturating_add(halo(&s, [y, x]));
        if shared > SHARED {
            return Blockwise.grad_weight(spec, input, weight_shape, grad);
        }
        let weights = spec.groups * s.k * s.taps();
        let mut parts = input.session().scratch(&[s.n, weights])?;
        let grid = Grid::new([s.n * spec.groups * s.k, 1, 1], [x as u32, y as u32, 1])?;
        let kernel = kernels::depthwise_grad_weight::depthwise_grad_weight;
        Sizes::new(&shape)?.launch(kernel, grid.with_shared(4 * shared as u32), [input, grad], &mut parts)?;
        // As if each weight were a channel of one position.
        parts.sum_channels()?.reshape(weight_shape)
    }
    // ANCHOR_END: grad_weight
}
