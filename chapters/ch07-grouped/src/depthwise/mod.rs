//! Depthwise convolution: every channel by itself.

mod columns;
mod kernel;
mod plane;

use columns::Columns;
use kernel::{Dots, sum_rows};
use plane::Plane;
use unrolled::buffer::Buffer;
use unrolled::simd::vectorize;
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Real, Result, Tensor, parallel};

/// Depthwise convolution, directly: C groups, and each input channel c has its own K/C kernels.
///
/// output\[n, k, y, x\] = Σ over r, s of input\[n, c, y·stride + r·dilation − padding, ...\] · weight\[k, 0, r, s\],
/// c = k / (K/C)
///
/// Nothing is summed over channels, so there is no matrix product to find: an input meets only K/C R S weights,
/// too few to hide the way from memory. What counts is to read it once. Each channel is copied
/// into a layout where every tap reads whole vectors (`plane.rs` has it), small enough to stay in the fastest cache, and
/// sums are kept in registers over all taps, four rows at a time.
///
/// The gradient of the input is the same loop over dy, once for each phase of the stride; the gradient of
/// the weight is one dot product for each tap. Work is split over images and channels.
///
/// In one, two and three dimensions, with any stride, padding and dilation. Strides above 2, and outputs narrower than a vector, cost more.
///
/// Depthwise convolutions are from Sifre's thesis ("Rigid-motion scattering for image classification", 2014); Howard et al.,
/// "MobileNets" (2017), and Chollet, "Xception" (2017), build networks of them.
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

/// Elements that one task reads or writes, at least.
const GRAIN: usize = 16 * 1024;

/// Refuses a group of more than one input channel.
fn check<const D: usize>(shape: &ConvShape<D>) -> Result<ConvShape<3>> {
    if shape.c != 1 {
        let expected = "1, as Depthwise takes; Grouped or Fused take more";
        return Err(Error::argument("input channels of a group", shape.c, expected));
    }
    Ok(shape.lift())
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Depthwise {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let s = check(&shape)?;
        let plane = Plane::forward::<T>(&s)?;
        let mut output = Tensor::scratch(&shape.output_shape())?;

        // ANCHOR: forward
        let columns = plane.columns([0; 3], s.kernel);
        each_channel(output.data_mut(), s.k * s.positions_out(), |first, output| {
            let mut x = plane.buffer(1);
            let mut taps = Columns::default();
            for (i, y) in output.chunks_mut(s.k * s.positions_out()).enumerate() {
                let n_c = first + i;
                plane.fill(&input.data()[n_c * s.positions_in()..][..s.positions_in()], &mut x);
                let kernels = weight.data()[n_c % s.spec.groups * s.k * s.taps()..].chunks(s.taps());
                for (y, kernel) in y.chunks_mut(s.positions_out()).zip(kernels) {
                    taps.weigh(&columns, kernel, s.taps(), 0);
                    for (z, y) in y.chunks_mut(s.output[1] * s.output[2]).enumerate() {
                        sum_rows(&taps, &x[plane.row(z, 0)..], plane.pitch(), y, s.output[2]);
                    }
                }
            }
        });
        // ANCHOR_END: forward
        Ok(output)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let s = check(&shape)?;
        let plane = Plane::backward::<T>(&s)?;
        let mut dx = Tensor::scratch(input_shape)?;
        let ([_, height, width], [sz, sy, sx], [kz, ky, kx]) = (s.input, s.spec.stride, plane.kinds());
        let [_, rows, cols]: [usize; 3] = std::array::from_fn(|d| s.input[d].div_ceil(s.spec.stride[d]));
        let columns: Vec<_> =
            (0..kz * ky * kx).map(|i| plane.columns([i / (ky * kx), i / kx % ky, i % kx], s.kernel)).collect();
        each_channel(dx.data_mut(), s.positions_in(), |first, dx| {
            let mut dy = plane.buffer(s.k);
            let mut taps = Columns::default();
            let mut sums = Buffer::scratch(kx * rows * cols);
            for (i, dx) in dx.chunks_mut(s.positions_in()).enumerate() {
                let n_c = first + i;
                let grad = grad.data()[n_c * s.k * s.positions_out()..].chunks(s.positions_out());
                dy.chunks_mut(plane.elements()).zip(grad).for_each(|(dy, grad)| plane.fill(grad, dy));
                let kernels = &weight.data()[n_c % s.spec.groups * s.k * s.taps()..][..s.k * s.taps()];
                if s.spec.stride == [1; 3] {
                    taps.weigh(&columns[0], kernels, s.taps(), plane.elements());
                    for (z, dx) in dx.chunks_mut(height * width).enumerate() {
                        sum_rows(&taps, &dy[plane.row(z, 0)..], plane.pitch(), dx, width);
                    }
                    continue;
                }
                for z in 0..s.input[0] {
                    for py in 0..ky {
                        for px in 0..kx {
                            let columns = &columns[(z % sz * ky + py) * kx + px];
                            taps.weigh(columns, kernels, s.taps(), plane.elements());
                            let sums = &mut sums[px * rows * cols..][..rows * cols];
                            sum_rows(&taps, &dy[plane.row(z / sz, 0)..], plane.pitch(), sums, cols);
                        }
                        let dx = &mut dx[z * height * width..][..height * width];
                        let lines = dx.chunks_mut(width).skip(py).step_by(sy);
                        interleave(sx, &sums, [rows, cols], lines);
                    }
                }
            }
        });
        Ok(dx)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let s = check(&shape)?;
        let (plane, blocks) = (Plane::forward::<T>(&s)?, Plane::blocks::<T>(&s)?);
        let mut dw = Tensor::zeros(weight_shape)?;

        let columns = plane.columns([0; 3], s.kernel);
        let mut sums = Buffer::scratch(s.n * dw.len()); // for each image, to be added up in their order
        let weights = s.k * s.taps();
        let channels = GRAIN.div_ceil(s.positions_in());
        parallel::chunks_mut(&mut sums, channels * weights, |task, dw| {
            let (mut x, mut dy) = (plane.buffer(1), blocks.buffer(1));
            for (i, dw) in dw.chunks_mut(weights).enumerate() {
                let n_c = task * channels + i;
                plane.fill(&input.data()[n_c * s.positions_in()..][..s.positions_in()], &mut x);
                let grad = grad.data()[n_c * s.k * s.positions_out()..].chunks(s.positions_out());
                for (dw, grad) in dw.chunks_mut(s.taps()).zip(grad) {
                    blocks.fill(grad, &mut dy);
                    let mut dots = Dots::new(&columns);
                    for (z, dy) in dy.chunks(blocks.slice()).take(s.output[0]).enumerate() {
                        dots.add_rows(&columns, &x[plane.row(z, 0)..], plane.pitch(), dy, blocks.pitch());
                    }
                    dots.write(&columns, dw);
                }
            }
        });
        for image in sums.chunks(dw.len()) {
            dw.data_mut().iter_mut().zip(image).for_each(|(dw, &part)| *dw += part);
        }
        Ok(dw)
    }
}

/// Puts the phases of rows together again: `sums` is `[phase, row, column]`.
fn interleave<'a, T: Real>(
    step: usize,
    sums: &[T],
    [rows, cols]: [usize; 2],
    lines: impl Iterator<Item = &'a mut [T]>,
) {
    vectorize(
        #[inline(always)]
        || {
            for (row, line) in lines.enumerate() {
                let sums = &sums[row * cols..];
                if step == 2 && line.len() > 1 {
                    let odd = &sums[rows * cols..];
                    let (pairs, last) = line.as_chunks_mut::<2>();
                    for (pair, (&even, &odd)) in pairs.iter_mut().zip(sums.iter().zip(odd)) {
                        *pair = [even, odd];
                    }
                    if let [last] = last {
                        *last = sums[pairs.len()];
                    }
                } else {
                    for i in 0..line.len() {
                        line[i] = sums[i % step * rows * cols + i / step];
                    }
                }
            }
        },
    );
}

/// Runs `task(first, channels)` on blocks of channels, each `size` elements.
fn each_channel<T: Send>(data: &mut [T], size: usize, task: impl Fn(usize, &mut [T]) + Sync) {
    let channels = GRAIN.div_ceil(size);
    parallel::chunks_mut(data, channels * size, |i, block| task(i * channels, block));
}
