//! Chapter 8 on the GPU: the channel shuffle.
//!
//! A permutation multiplies nothing: the kernel (`kernels.ptx`) is all addresses. Each warp copies one channel, and where it
//! comes from is a division and a remainder, once for the whole channel.
//!
//! - [`shuffle`] applies the CPU's [`Shuffle`], a permutation as a value, to a tensor on the device.
//! - [`channel_shuffle`] is the differentiable layer; the adjoint of a shuffle is the shuffle back.
//! - [`Shuffled`] puts one behind any algorithm's grouped convolution.
//!
//! What to look at: every element is loaded and stored once, in whole sectors, as channels stay in one piece. There is
//! nothing to win but by not doing it: a convolution that stores its channels in the new order saves the whole kernel.

use ch08_shuffle::Shuffle;
use host::{GpuTensor, Grid, size};
use unrolled::{ConvSpec, Convolution, Error, Result, Var};

host::kernels! {
    /// The kernel, as a function of Rust.
    pub mod kernels from "kernels.ptx";

    /// y[n, k, p] = x[n, k mod groups · width + k / groups, p], a warp for each of the `lines` = N · groups · width
    /// channels: threads in x and y, blocks in y for more positions.
    fn shuffle(x: &GpuTensor, y: &mut GpuTensor, lines: u32, groups: u32, width: u32, positions: u32);
}

/// The channels of `x` `[N, C, ...]` in the order of a shuffle: one copy of each element, and none where nothing moves.
///
/// ```
/// use ch08_shuffle::Shuffle;
/// use cuda_ch08_shuffle::shuffle;
/// use host::Session;
/// use unrolled::Tensor;
///
/// let x = Session::new()?.upload(&Tensor::new(&[1, 6], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])?)?;
/// let y = shuffle(Shuffle::new(6, 2)?, &x)?;
/// assert_eq!(y.download()?.data(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If `x` hasn't two axes, or not the C channels of this shuffle, or the device fails.
// ANCHOR: apply
pub fn shuffle(shuffle: Shuffle, x: &GpuTensor) -> Result<GpuTensor> {
    let ((channels, positions), (groups, width)) = (x.channels()?, (shuffle.groups(), shuffle.width()));
    if channels != groups * width {
        let expected = format!("[N, {}, ...], as the shuffle has them", groups * width);
        return Err(Error::argument("input", x.shape(), expected));
    }
    if groups == 1 || width == 1 || x.is_empty() {
        return Ok(x.clone());
    }
    let mut y = x.session().scratch(x.shape())?;
    let lines = x.shape()[0] * channels;
    // Up to four positions to a thread.
    let grid = Grid::new([lines.div_ceil(8), positions.div_ceil(4 * 32).min(65_535), 1], [32, 8, 1])?;
    let [lines, positions] = [size("channels of all images", lines)?, size("positions", positions)?];
    let [groups, width] = [size("groups", groups)?, size("channels of a group", width)?];
    kernels::shuffle(x.session(), grid, x, &mut y, lines, groups, width, positions)?;
    Ok(y)
}
// ANCHOR_END: apply

/// Deals the channels of each of `groups` groups out to all groups, differentiably: from `[N, C, ...]` to the same
/// shape, shuffled along axis 1.
///
/// # Errors
/// If `x` hasn't two axes, has no channels, or `groups` doesn't divide them, or the device fails.
pub fn channel_shuffle(x: &Var<GpuTensor>, groups: usize) -> Result<Var<GpuTensor>> {
    let value = x.value();
    let there = Shuffle::new(value.channels()?.0, groups)?;
    let y = shuffle(there, &value)?;
    Ok(Var::op(y).input(x, move |dy| shuffle(there.inverse(), &dy)).var())
}

/// A grouped convolution by the algorithm `A`, whose output channels are shuffled by its own groups: y = P conv(x, w); as
/// the CPU's [`ch08_shuffle::Shuffled`], which says more.
///
/// ```
/// use cuda_ch01_naive::Naive;
/// use cuda_ch08_shuffle::Shuffled;
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // Two groups, each from one channel to two: itself, and itself doubled.
/// let session = Session::new()?;
/// let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
/// let input = session.upload(&Tensor::new(&[1, 2, 1], vec![1.0, 10.0])?)?;
/// let weight = session.upload(&Tensor::new(&[4, 1, 1], vec![1.0, 2.0, 1.0, 2.0])?)?;
/// assert_eq!(Naive.forward(&spec, &input, &weight)?.download()?.data(), [1.0, 2.0, 10.0, 20.0]);
/// assert_eq!(Shuffled(Naive).forward(&spec, &input, &weight)?.download()?.data(), [1.0, 10.0, 2.0, 20.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Shuffled<A>(pub A);

impl<A: Convolution<GpuTensor, D>, const D: usize> Convolution<GpuTensor, D> for Shuffled<A> {
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let y = self.0.forward(spec, input, weight)?;
        shuffle(Shuffle::new(weight.shape()[0], spec.groups)?, &y)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let grad = shuffle(Shuffle::new(weight.shape()[0], spec.groups)?.inverse(), grad)?;
        self.0.grad_input(spec, input_shape, weight, &grad)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let grad = shuffle(Shuffle::new(weight_shape[0], spec.groups)?.inverse(), grad)?;
        self.0.grad_weight(spec, input, weight_shape, &grad)
    }
}
