//! Dilated convolution directly.

use crate::kernels;
use cuda_ch01_naive::{Blockwise, Naive, Sizes};
use host::{GpuTensor, Grid};
use unrolled::{ConvSpec, Convolution, Error, Result};

/// The convolution by a thread for each output, whose taps lie a dilation apart, with the weights in shared memory.
///
/// All threads of a block compute the same output channel, and so go through the same weights at the same time: the
/// block copies them once, and each thread loads only inputs. Both gradients are chapter 1's kernels, which take the
/// dilation as it is, too.
///
/// Any number of dimensions, stride, padding, dilation and groups; kernels of up to 12 288 taps.
///
/// ```
/// use cuda_ch04_dilated::Direct;
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let session = Session::new()?;
/// let spec = ConvSpec { dilation: [2], stride: [3], ..ConvSpec::<1>::default() };
/// let x = session.upload(&Tensor::new(&[1, 1, 6], vec![1.0, 2.0, 4.0, 7.0, 11.0, 16.0])?)?;
/// let difference = session.upload(&Tensor::new(&[1, 1, 2], vec![-1.0, 1.0])?)?;
/// let y = Direct.forward(&spec, &x, &difference)?;
/// assert_eq!(y.download()?.data(), [3.0, 9.0]); // 4 − 1, 16 − 7
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Direct;

/// Threads of a block.
const THREADS: usize = 256;

/// Weights that the kernel copies at a time, unless one channel's are more.
const WEIGHTS: usize = 2048;

/// Weights that a block's shared memory has place for.
const MOST: usize = 48 * 1024 / 4;

impl<const D: usize> Convolution<GpuTensor, D> for Direct {
    // ANCHOR: direct
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let taps: usize = shape.kernel.iter().product();
        if taps > MOST {
            let expected = format!("at most {MOST} taps, as Direct takes: shared memory has to hold their weights");
            return Err(Error::argument("kernel", shape.kernel, expected));
        }
        let mut output = input.session().scratch(&shape.output_shape())?;
        let (channels, positions) = (shape.n * spec.groups * shape.k, shape.positions_out());
        let threads = positions.next_multiple_of(32).min(THREADS);
        let grid = Grid::new([channels, positions.div_ceil(threads), 1], [threads as u32, 1, 1])?;
        let grid = grid.with_shared(4 * WEIGHTS.max(taps) as u32);
        Sizes::new(&shape)?.launch(kernels::direct::direct, grid, [input, weight], &mut output)?;
        Ok(output)
    }
    // ANCHOR_END: direct

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        Naive.grad_input(spec, input_shape, weight, grad)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        Blockwise.grad_weight(spec, input, weight_shape, grad)
    }
}
