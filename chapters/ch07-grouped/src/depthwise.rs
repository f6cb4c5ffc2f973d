//! Depthwise convolution, without a matrix product.

use unrolled::buffer::Buffer;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Grid, Offsets, STEP, Stencil};
use unrolled::phases::{Phase, Reach};
use unrolled::strip::{Strip, collect_lines};
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Real, Result, Tensor, parallel};

/// Depthwise convolution, directly: C groups, and each input channel c has its own K/C kernels.
///
/// output\[n, k, y, x\] = Σ over r, s of input\[n, c, y·stride + r·dilation − padding, ...\] · weight\[k, 0, r, s\],
/// c = k / (K/C)
///
/// Nothing is summed over channels, so there is no matrix product to find: an input meets only K/C R S weights,
/// too few to hide the way from memory. What counts is to read it once. Each channel is copied into a [`Strip`],
/// where every tap finds its inputs side by side, and a kernel that keeps eight lines of outputs in registers loads each line of
/// inputs once for all of them ([`Kernel::stencil`](unrolled::gemm::kernel::Kernel::stencil)).
///
/// The gradient of the input is the same sum over dy, for each phase of the stride ([`unrolled::phases`]); the
/// gradient of the weight is an inner product for each tap, which shares loads in the same way. Work is split over images and channels. One, two and
/// three dimensions, with any stride, padding and dilation.
///
/// Depthwise convolutions are from Sifre's thesis ("Rigid-motion scattering for image classification", 2014);
/// Howard et al., "MobileNets" (2017), and Chollet, "Xception" (2017), build networks of them.
///
/// ```
/// use ch07_grouped::Depthwise;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
/// let input: Tensor = Tensor::new(&[1, 2, 3], vec![1.0, 2.0, 4.0, 1.0, 1.0, 1.0])?;
/// let weight = Tensor::new(&[2, 1, 2], vec![-1.0, 1.0, 2.0, 3.0])?;
/// assert_eq!(Depthwise.forward(&spec, &input, &weight)?.data(), [1.0, 2.0, 5.0, 5.0]);
///
/// let two_in_one = ConvSpec::<1>::default();
/// let e = Depthwise.forward(&two_in_one, &input, &weight.reshape(&[1, 2, 2])?).unwrap_err();
/// assert_eq!(
///     e.to_string(),
///     "input channels of a group: got 2, expected 1, as Depthwise takes; Grouped or Fused take more"
/// );
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Depthwise;

/// Elements that a task handles, at least: enough to outweigh its hand-over.
const GRAIN: usize = 16 * 1024;

/// One channel as its outputs see it.
struct Layout {
    strip: Strip,
    /// Where each tap finds its first input.
    places: Offsets,
    /// A plane of outputs, lying as the inputs of a tap do.
    grid: Grid,
    /// Elements from one plane to the next.
    plane: usize,
}

impl Layout {
    fn new<T: Real>(s: &ConvShape<3>) -> Result<Self> {
        let strip = Strip::of_input(s, 1, [0; 3], s.output);
        strip.check_memory::<T>()?;
        let grid = Grid { count: s.output[1], len: s.output[2], from: strip.line(), to: s.output[2] };
        let plane = strip.offset(0, [s.spec.stride[0], 0, 0]);
        Ok(Self { strip, places: strip.taps(s), grid, plane })
    }

    /// All taps, numbered as the weights.
    fn stencil(&self) -> Stencil {
        Stencil::new(self.places.span().values().iter().copied().enumerate(), self.grid)
    }

    /// Memory for a channel in this layout: zeros. Lines are read in whole steps from any place on.
    fn buffer<T: Real>(&self) -> Buffer<T> {
        Buffer::full(self.strip.elements() + STEP, T::ZERO)
    }
}

/// The convolution in three dimensions, if it is a depthwise one.
fn check<const D: usize>(shape: &ConvShape<D>) -> Result<ConvShape<3>> {
    if shape.c != 1 {
        let expected = "1, as Depthwise takes; Grouped or Fused take more";
        return Err(Error::argument("input channels of a group", shape.c, expected));
    }
    Ok(shape.lift())
}

/// Runs `task(first, channels)` on blocks of channels, each `size` elements.
fn each_channel<T: Send>(data: &mut [T], size: usize, grain: usize, task: impl Fn(usize, &mut [T]) + Sync) {
    let channels = GRAIN.div_ceil(grain.max(1));
    parallel::chunks_mut(data, channels * size, |i, block| task(i * channels, block));
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Depthwise {
    // ANCHOR: forward
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let s = check(&shape)?;
        let layout = Layout::new::<T>(&s)?;
        let mut output = Tensor::scratch(&shape.output_shape())?;
        let (kernel, inputs, outputs) = (Kernel::<T>::current(), s.positions_in(), s.positions_out());
        let stencil = layout.stencil();
        each_channel(output.data_mut(), s.k * outputs, inputs, |first, y| {
            let mut x = layout.buffer();
            for (n_c, y) in (first..).zip(y.chunks_mut(s.k * outputs)) {
                layout.strip.refill(&input.data()[n_c * inputs..][..inputs], &mut x);
                let weights = weight.data()[n_c % s.spec.groups * s.k * s.taps()..].chunks(s.taps());
                for (y, w) in y.chunks_mut(outputs).zip(weights) {
                    for (z, y) in y.chunks_mut(s.output[1] * s.output[2]).enumerate() {
                        kernel.stencil(&stencil, w, &x[z * layout.plane..], y);
                    }
                }
            }
        });
        Ok(output)
    }
    // ANCHOR_END: forward

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let s = check(&shape)?;
        let mut dx = Tensor::scratch(input_shape)?;
        let ([depth, height, width], [sz, sy, sx]) = (s.input, s.spec.stride);
        let (planes, lines) = (depth.div_ceil(sz), height.div_ceil(sy));
        let reach = Reach::new(&s);
        let strip = |z: usize| reach.strip(&s, lines, [z, 0, 0]);
        strip(0).check_memory::<T>()?;
        // Where the stride is 1 the sums are the result; else the phases are dealt out into it.
        let len = width.div_ceil(sx);
        let grid = Grid { count: lines, len, from: strip(0).line(), to: len };
        let long = lines * len;
        let stencil = |phase: Phase| {
            let (weights, grads) = (phase.weight.span().values(), phase.grad.span().values());
            (phase.at, Stencil::new(weights.iter().copied().zip(grads.iter().copied()), grid))
        };
        let phases: Vec<_> = reach.phases(&s, &strip(0)).map(stencil).collect();
        let (kernel, inputs, grads, abreast) =
            (Kernel::<T>::current(), s.positions_in(), s.k * s.positions_out(), sx.min(width));
        each_channel(dx.data_mut(), inputs, inputs, |first, dx| {
            let mut dy = Buffer::full(strip(0).elements() + STEP, T::ZERO);
            let mut sums = Buffer::scratch(abreast * long);
            for (n_c, dx) in (first..).zip(dx.chunks_mut(inputs)) {
                let w = &weight.data()[n_c % s.spec.groups * s.k * s.taps()..];
                for z in 0..planes {
                    let image = &grad.data()[n_c * grads..][..grads];
                    match planes {
                        1 => strip(z).refill(image, &mut dy),
                        _ => strip(z).fill(image, &mut dy), // its zeros aren't those of the plane before
                    }
                    // The phases along the width are computed together, and their inputs dealt out in turn.
                    for phases in phases.chunks(abreast) {
                        let ([pz, py, _], _) = phases[0];
                        let Some(dx) = dx.chunks_mut(height * width).nth(z * sz + pz) else { continue };
                        if (sy, sx) == (1, 1) {
                            kernel.stencil(&phases[0].1, w, &dy, dx);
                            continue;
                        }
                        for ((_, stencil), sums) in phases.iter().zip(sums.chunks_mut(long)) {
                            kernel.stencil(stencil, w, &dy, sums);
                        }
                        let count = height.saturating_sub(py).div_ceil(sy);
                        let lines = Grid { count, len: width, from: len, to: sy * width };
                        collect_lines(abreast, &lines, &sums, long, &mut dx[py.min(height) * width..]);
                    }
                }
            }
        });
        Ok(dx)
    }

    // ANCHOR: grad_weight
    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let s = check(&shape)?;
        let layout = Layout::new::<T>(&s)?;
        let mut dw = Tensor::zeros(weight_shape)?;
        let (kernel, inputs, outputs) = (Kernel::<T>::current(), s.positions_in(), s.positions_out());
        let stencil = layout.stencil();
        each_channel(dw.data_mut(), s.k * s.taps(), s.n * inputs, |first, dw| {
            let mut x = layout.buffer();
            for (c, dw) in (first..).zip(dw.chunks_mut(s.k * s.taps())) {
                for n_c in (0..s.n).map(|n| n * s.spec.groups + c) {
                    layout.strip.refill(&input.data()[n_c * inputs..][..inputs], &mut x);
                    let grads = grad.data()[n_c * s.k * outputs..].chunks(outputs);
                    for (dw, grad) in dw.chunks_mut(s.taps()).zip(grads) {
                        for (z, grad) in grad.chunks(s.output[1] * s.output[2]).enumerate() {
                            kernel.stencil_weights(&stencil, &x[z * layout.plane..], grad, dw);
                        }
                    }
                }
            }
        });
        Ok(dw)
    }
    // ANCHOR_END: grad_weight
}
