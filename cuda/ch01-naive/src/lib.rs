//! Chapter 1 on the GPU: convolution, straight from its definition, by one thread for each element.
//!
//! The nested loops of the CPU's `ch01_naive::Naive` fall apart into two halves. The outer ones, over the elements of
//! the result, become threads: as many as there are elements, in any order and at the same time. The inner ones, over
//! the products that meet in one element, stay loops, and their sum stays in a register until the thread stores it. So
//! no two threads write to the same place, and there is nothing to wait for.
//!
//! - [`Naive`] is that, for the output and both gradients: `forward.ptx`, which also says how to read PTX,
//!   `grad_input.ptx` and `grad_weight.ptx`.
//! - [`Blockwise`] sums up each weight's gradient by a block of threads: `grad_weight_by_block.ptx`.
//!
//! What to look at: the stride. Forward it is a multiplication; in grad_input it becomes a division that must leave no
//! remainder; in grad_weight it changes places with the dilation.
//!
//! What it costs: each product needs two loads from memory, eight bytes for two operations. Caches catch most of them,
//! for neighbouring threads want the same numbers, but each thread still has to ask. Chapter 2 loads a number once for
//! many products.

pub mod kernels;
mod sizes;

pub use sizes::Sizes;

use host::{GpuTensor, Grid};
use unrolled::{ConvSpec, Convolution, Result};

/// Threads of a block where each has one element.
const THREADS: u32 = 256;

/// Threads of a block that share one sum; the kernel counts on it.
const TOGETHER: u32 = 128;

/// The convolution that the definition spells out, on the GPU.
///
/// Any number of dimensions, stride, padding, dilation and groups. Sums in `f32`. Each pass takes N K C/groups Y X R S
/// multiplications.
///
/// ```
/// use cuda_ch01_naive::Naive;
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let session = Session::new()?;
/// let signal = session.upload(&Tensor::new(&[1, 1, 5], vec![1.0, 2.0, 4.0, 7.0, 11.0])?)?;
/// let step = session.upload(&Tensor::new(&[1, 1, 2], vec![-1.0, 1.0])?)?;
/// let rise = Naive.forward(&ConvSpec::<1>::default(), &signal, &step)?;
/// assert_eq!(rise.download()?.data(), [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Naive;

impl<const D: usize> Convolution<GpuTensor, D> for Naive {
    // ANCHOR: forward
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut output = input.session().scratch(&shape.output_shape())?;
        let grid = Grid::cover(output.len(), THREADS)?;
        Sizes::new(&shape)?.launch(kernels::forward::forward, grid, [input, weight], &mut output)?;
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
        let mut grad_in = weight.session().scratch(input_shape)?;
        let grid = Grid::cover(grad_in.len(), THREADS)?;
        Sizes::new(&shape)?.launch(kernels::grad_input::grad_input, grid, [weight, grad], &mut grad_in)?;
        Ok(grad_in)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let mut grad_w = input.session().scratch(weight_shape)?;
        let grid = Grid::cover(grad_w.len(), THREADS)?;
        Sizes::new(&shape)?.launch(kernels::grad_weight::grad_weight, grid, [input, grad], &mut grad_w)?;
        Ok(grad_w)
    }
}

/// [`Naive`], except that a block of 128 threads adds up the gradient of each weight.
///
/// There are few weights, and each gradient is a long sum, over all positions of all images. By one thread each it
/// takes as long as the longest chain of additions, while most of the GPU is idle. Here each thread of the block adds
/// up its share, and then the shares meet: within a warp from register to register, between the warps in shared memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Blockwise;

impl<const D: usize> Convolution<GpuTensor, D> for Blockwise {
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        Naive.forward(spec, input, weight)
    }

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
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let mut grad_w = input.session().scratch(weight_shape)?;
        let grid = Grid::new([grad_w.len(), 1, 1], [TOGETHER, 1, 1])?;
        let kernel = kernels::grad_weight_by_block::grad_weight_by_block;
        Sizes::new(&shape)?.launch(kernel, grid, [input, grad], &mut grad_w)?;
        Ok(grad_w)
    }
}
