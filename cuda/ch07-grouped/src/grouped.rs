//! Grouped convolution, all groups in one launch.

use crate::kernels;
use cuda_ch01_naive::Sizes;
use host::{GpuTensor, Grid};
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Result};

/// The grouped convolution: a block of threads has four channels of one group, and their weights in shared memory.
///
/// Any number of dimensions, groups, stride, padding and dilation; kernels of up to 3072 taps. With one group it is a
/// plain dense convolution.
///
/// ```
/// use cuda_ch07_grouped::Grouped;
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // Two groups of one channel each: the first is doubled, the second negated.
/// let session = Session::new()?;
/// let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
/// let input = session.upload(&Tensor::new(&[1, 2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?)?;
/// let weight = session.upload(&Tensor::new(&[2, 1, 1], vec![2.0, -1.0])?)?;
/// let output = Grouped.forward(&spec, &input, &weight)?;
/// assert_eq!(output.download()?.data(), [2.0, 4.0, 6.0, -4.0, -5.0, -6.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Grouped;

/// Channels that a thread has at once.
const CHANNELS: usize = 4;

/// Taps whose weights the kernels copy at a time, unless one channel has more.
const TAPS: usize = 512;

/// Taps whose weights shared memory has place for.
const MOST: usize = 48 * 1024 / (4 * CHANNELS);

// ANCHOR: grid
/// The grid of a pass whose result has so many channels in each group, and positions in each channel.
fn grid<const D: usize>(shape: &ConvShape<D>, channels: usize, positions: usize) -> Result<Grid> {
    let taps: usize = shape.kernel.iter().product();
    if taps > MOST {
        let expected = format!("at most {MOST} taps, as Grouped takes: shared memory has to hold their weights");
        return Err(Error::argument("kernel", shape.kernel, expected));
    }
    let blocks = shape.n * shape.spec.groups * channels.div_ceil(CHANNELS);
    let threads = positions.next_multiple_of(32).min(128);
    let grid = Grid::new([blocks, positions.div_ceil(threads), 1], [threads as u32, 1, 1])?;
    Ok(grid.with_shared((4 * CHANNELS * taps.max(TAPS)) as u32))
}
// ANCHOR_END: grid

impl<const D: usize> Convolution<GpuTensor, D> for Grouped {
    // ANCHOR: forward
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let grid = grid(&shape, shape.k, shape.positions_out())?;
        let mut output = input.session().scratch(&shape.output_shape())?;
        let kernel = kernels::grouped_forward::grouped_forward;
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
        let grid = grid(&shape, shape.c, shape.positions_in())?;
        let mut dx = weight.session().scratch(input_shape)?;
        let kernel = kernels::grouped_grad_input::grouped_grad_input;
        Sizes::new(&shape)?.launch(kernel, grid, [weight, grad], &mut dx)?;
        Ok(dx)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let blocks = spec.groups * shape.k.div_ceil(CHANNELS) * shape.taps();
        let threads = shape.positions_out().next_multiple_of(32).min(256);
        let grid = Grid::new([blocks, 1, 1], [threads as u32, 1, 1])?;
        let mut dw = input.session().scratch(weight_shape)?;
        let kernel = kernels::grouped_grad_weight::grouped_grad_weight;
        Sizes::new(&shape)?.launch(kernel, grid, [input, grad], &mut dw)?;
        Ok(dw)
    }
}
