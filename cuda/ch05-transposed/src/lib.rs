//! Chapter 5 on the GPU: the transposed convolution as a gather and as a scatter.
//!
//! A transposed convolution's forward pass is a dense one's `grad_input`: it leads from the small map back to the large
//! one. The CPU's chapter makes the layer of any algorithm, on any device: `ch05_transposed::Transposed`. So there is
//! nothing to add but ways to compute `grad_input`, and here are two; whose thread is it that adds up?
//!
//! - [`Gather`], `gather.ptx`: a thread for each element of the *large* map. It asks which stamps reach it. Where the
//!   stride is 2, only every other tap does, along each axis, and the kernel goes straight to those.
//! - [`Scatter`], `scatter.ptx`: a thread for each element of the *small* map. It presses its stamp. Nothing is to be
//!   divided; but stamps overlap, so the additions have to be atomic.
//!
//! Their other two passes are chapter 1's: a transposed convolution's gradients are the dense one's `forward` and
//! `grad_weight`, and neither has the problem.
//!
//! What to look at, in a profile: all multiply the same pairs, once each.
//!
//! - The scatter reads each element of the small map once for each tap and output channel, and its stores are atomic:
//!   one for each tap, place of the small map, and channel of the large one.
//! - The gather stores each result once. With 4 taps at stride 2 it moves about half of what the scatter moves, and its
//!   lanes are busy, where those of chapter 1's `grad_input` wait for each other half of the time. With 3 taps they
//!   wait as well: even places have more taps than odd ones. That is the checkerboard, seen from inside of the machine.
//!
//! So the gather is the one to use; and its sums are added up in an order that stays the same.

pub mod kernels;

use cuda_ch01_naive::{Blockwise, Naive, Sizes};
use host::{GpuTensor, Grid};
use unrolled::{ConvSpec, Convolution, Result};

/// Threads of a block.
const THREADS: u32 = 256;

/// A convolution whose gradient of the input is a gather: one thread for each of its elements.
///
/// Any number of dimensions, stride, padding, dilation and groups.
///
/// ```
/// use ch05_transposed::Transposed;
/// use cuda_ch05_transposed::{Gather, Scatter};
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // Each input stamps the kernel; where two stamps overlap, they add up.
/// let session = Session::new()?;
/// let spec = ConvSpec { stride: [2], ..ConvSpec::default() };
/// let x = session.upload(&Tensor::new(&[1, 1, 3], vec![1.0, 2.0, 3.0])?)?;
/// let w = session.upload(&Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?)?;
/// let y = Transposed::new(Gather).forward(&spec, &x, &w)?;
/// assert_eq!(y.download()?.data(), [1.0, 10.0, 102.0, 20.0, 203.0, 30.0, 300.0]);
/// let y = Transposed::new(Scatter).forward(&spec, &x, &w)?;
/// assert_eq!(y.download()?.data(), [1.0, 10.0, 102.0, 20.0, 203.0, 30.0, 300.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Gather;

impl<const D: usize> Convolution<GpuTensor, D> for Gather {
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        Naive.forward(spec, input, weight)
    }

    #[rustfmt::skip] // sizes as the kernel lists them
    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        // ANCHOR: gather
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let sizes = Sizes::new(&shape)?;
        let Sizes { n, groups, c, k, input: [d, h, w], kernel: [q, r, s], output: [z, y, x], .. } = sizes;
        let Sizes { stride: [sz, sy, sx], padding: [pz, py, px], dilation: [dz, dy, dx], .. } = sizes;
        let [gz, gy, gx] = [gcd(sz, dz), gcd(sy, dy), gcd(sx, dx)];

        let mut large = weight.session().scratch(input_shape)?;
        let grid = Grid::cover(large.len(), THREADS)?;
        kernels::gather::gather(
            weight.session(), grid, grad, weight, &mut large,
            n, groups, c, k, d, h, w, q, r, s, z, y, x, sz, sy, sx, pz, py, px, dz, dy, dx,
            sz / gz, sy / gy, sx / gx, dz / gz, dy / gy, dx / gx,
        )?;
        Ok(large)
        // ANCHOR_END: gather
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

/// The greatest common divisor.
fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A convolution whose gradient of the input is a scatter: one thread for each place of the output's gradient, in each
/// channel of the input, which adds what it has to give where it belongs.
///
/// Any number of dimensions, stride, padding, dilation and groups. The order of the additions isn't fixed, and so the
/// last digit of a sum isn't, either.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scatter;

impl<const D: usize> Convolution<GpuTensor, D> for Scatter {
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
        // ANCHOR: scatter
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let mut large = weight.session().full(input_shape, 0.0)?;
        let stamps = shape.n * spec.groups * shape.c * shape.positions_out();
        let grid = Grid::cover(stamps, THREADS)?;
        Sizes::new(&shape)?.launch(kernels::scatter::scatter, grid, [grad, weight], &mut large)?;
        Ok(large)
        // ANCHOR_END: scatter
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
