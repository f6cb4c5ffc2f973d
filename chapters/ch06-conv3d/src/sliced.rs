//! 3D convolution by any 2D algorithm.

use std::ops::Range;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, Value, Var, conv, parallel, workspace};

/// A 3D convolution as 2D ones over the taps of the kernel's depth, by the algorithm `A`.
///
/// Output plane z is the sum of the 2D convolutions of the planes under the kernel, each with its own slice q of the
/// kernel:
///
/// ```text
/// output[n, k, z] = Σ over c, q of conv2d(input[n, c, z·stride + q·dilation − padding], weight[k, c, q])
/// ```
///
/// A 2D algorithm sums over channels anyway, so q goes where c is: the planes under the kernel are stacked as
/// channels, and the sum costs no pass over the output. (Winograd then transforms each output plane once instead of
/// Q times, and a matrix product is one deep product instead of Q shallow ones.) The inner convolution is
///
/// ```text
/// input  [N Z, C Q, H, W]         copies of planes, zeros where z falls into the padding
/// weight [K, C/groups Q, R, S]    the elements of [K, C/groups, Q, R, S] as they are
/// output [N Z, K, Y, X]           copied into [N, K, Z, Y, X]
/// ```
///
/// Stacking copies planes, so its adjoint adds them up again; the gradients are those of `A` between the two maps.
///
/// Any stride, padding, dilation and groups that `A` takes along height and width, and any at all along the depth.
/// The stack is Q times as large as the input, so it is made for so many output planes at a time as fit into the
/// [workspace], together with their results. How many that is depends on that and the shapes, never on the threads.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch06_conv3d::Sliced;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // What changed from one frame to the next?
/// let frames: Tensor = Tensor::new(&[1, 1, 3, 1, 2], vec![1.0, 2.0, 1.0, 5.0, 4.0, 5.0])?;
/// let step = Tensor::new(&[1, 1, 2, 1, 1], vec![-1.0, 1.0])?;
/// let change = Sliced(Fused).forward(&ConvSpec::<3>::default(), &frames, &step)?;
/// assert_eq!(change.shape(), [1, 1, 2, 1, 2]);
/// assert_eq!(change.data(), [0.0, 3.0, 3.0, 0.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Sliced<A>(pub A);

impl<A, T: Real> Convolution<Tensor<T>, 3> for Sliced<A>
where
    A: Convolution<Tensor<T>, 2>,
{
    fn forward(&self, spec: &ConvSpec<3>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        Slices::new::<T>(shape, workspace::limit()).forward(&self.0, input, weight)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<3>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        Slices::new::<T>(shape, workspace::limit()).grad_input(&self.0, weight, grad)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<3>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        Slices::new::<T>(shape, workspace::limit()).grad_weight(&self.0, input, grad)
    }
}

/// A 3D convolution cut into 2D ones. Output planes have numbers, n Z + z.
struct Slices {
    shape: ConvShape<3>,
    /// That of the 2D convolutions.
    spec: ConvSpec<2>,
    /// Output planes to make at a time.
    at_once: usize,
}

impl Slices {
    fn new<T>(shape: ConvShape<3>, bytes: usize) -> Self {
        let ConvSpec { stride: [_, sy, sx], padding: [_, py, px], dilation: [_, dy, dx], groups } = shape.spec;
        let spec = ConvSpec { stride: [sy, sx], padding: [py, px], dilation: [dy, dx], groups };
        let product = |factors: [usize; 5]| factors.into_iter().fold(size_of::<T>(), usize::saturating_mul);
        let ([_, h, w], [q, ..], [_, y, x]) = (shape.input, shape.kernel, shape.output);
        let plane = product([groups, shape.c, q, h, w]).saturating_add(product([groups, shape.k, 1, y, x]));
        Self { shape, spec, at_once: (bytes / plane).max(1) }
    }

    // ANCHOR: forward
    fn forward<T: Real>(
        &self,
        algorithm: &impl Convolution<Tensor<T>, 2>,
        input: &Tensor<T>,
        weight: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let mut output = Tensor::scratch(&self.shape.output_shape())?;
        let weight = weight.clone().reshape(&self.weight_shape())?;
        for planes in self.chunks() {
            let y = algorithm.forward(&self.spec, &self.stack(input, &planes)?, &weight)?;
            self.put(&mut output, &planes, &y);
        }
        Ok(output)
    }
    // ANCHOR_END: forward

    // ANCHOR: grad_input
    fn grad_input<T: Real>(
        &self,
        algorithm: &impl Convolution<Tensor<T>, 2>,
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let mut dx = Tensor::zeros(&self.shape.input_shape())?;
        let weight = weight.clone().reshape(&self.weight_shape())?;
        for planes in self.chunks() {
            let dy = self.take(grad, &planes)?;
            self.unstack(
                &mut dx,
                &planes,
                &algorithm.grad_input(&self.spec, &self.stack_shape(&planes), &weight, &dy)?,
            );
        }
        Ok(dx)
    }
    // ANCHOR_END: grad_input

    // ANCHOR: grad_weight
    fn grad_weight<T: Real>(
        &self,
        algorithm: &impl Convolution<Tensor<T>, 2>,
        input: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let mut dw = Tensor::zeros(&self.weight_shape())?;
        for planes in self.chunks() {
            let (x, dy) = (self.stack(input, &planes)?, self.take(grad, &planes)?);
            dw.accumulate(&algorithm.grad_weight(&self.spec, &x, &self.weight_shape(), &dy)?)?;
        }
        dw.reshape(&self.shape.weight_shape())
    }
    // ANCHOR_END: grad_weight

    /// `[K, C/groups Q, R, S]`.
    fn weight_shape(&self) -> [usize; 4] {
        let ConvShape { spec, c, k, kernel: [q, r, s], .. } = self.shape;
        [spec.groups * k, c * q, r, s]
    }

    /// `[planes, C Q, H, W]`.
    fn stack_shape(&self, planes: &Range<usize>) -> [usize; 4] {
        let ConvShape { spec, c, input: [_, h, w], kernel: [q, ..], .. } = self.shape;
        [planes.len(), spec.groups * c * q, h, w]
    }

    /// The output planes in order, so many at a time as may be. Of an empty batch one empty range: the
    /// algorithm is asked in any case, and may refuse.
    fn chunks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (all, at_once) = (self.shape.n * self.shape.output[0], self.at_once);
        (0..all.max(1)).step_by(at_once).map(move |first| first..all.min(first + at_once))
    }

    /// The input plane under tap q of output plane z; `None` in the padding.
    fn place(&self, z: usize, q: usize) -> Option<usize> {
        let ConvSpec { stride, padding, dilation, .. } = self.shape.spec;
        (z * stride[0] + q * dilation[0]).checked_sub(padding[0]).filter(|&z| z < self.shape.input[0])
    }

    // ANCHOR: stack
    /// The input planes under the kernel, for each of these output planes: `[planes, C Q, H, W]`.
    fn stack<T: Real>(&self, input: &Tensor<T>, planes: &Range<usize>) -> Result<Tensor<T>> {
        let ConvShape { spec, c: channels, input: [depth, h, w], kernel: [taps, ..], output: [oz, ..], .. } =
            self.shape;
        let (channels, area) = (spec.groups * channels, h * w);
        let mut stack = Tensor::scratch(&self.stack_shape(planes))?;
        parallel::chunks_mut(stack.data_mut(), taps * area, |i, stack| {
            let (plane, c) = (planes.start + i / channels, i % channels);
            let (n, z) = (plane / oz, plane % oz);
            let channel = &input.data()[(n * channels + c) * depth * area..];
            for (q, to) in stack.chunks_exact_mut(area).enumerate() {
                match self.place(z, q) {
                    Some(z) => to.copy_from_slice(&channel[z * area..][..area]),
                    None => to.fill(T::ZERO),
                }
            }
        });
        Ok(stack)
    }
    // ANCHOR_END: stack

    // ANCHOR: unstack
    /// The adjoint of [`Slices::stack`]: adds each plane to the one that it is a copy of.
    fn unstack<T: Real>(&self, dx: &mut Tensor<T>, planes: &Range<usize>, stack: &Tensor<T>) {
        let ConvShape { spec, c: channels, input: [_, h, w], kernel: [taps, ..], output: [oz, ..], .. } = self.shape;
        let (channels, area) = (spec.groups * channels, h * w);
        self.each_channel(dx, channels, planes, |c, part, dx| {
            for plane in part {
                let stack = &stack.data()[((plane - planes.start) * channels + c) * taps * area..];
                for (q, from) in stack.chunks_exact(area).take(taps).enumerate() {
                    if let Some(z) = self.place(plane % oz, q) {
                        dx[z * area..].iter_mut().zip(from).for_each(|(dx, &x)| *dx += x);
                    }
                }
            }
        });
    }
    // ANCHOR_END: unstack

    /// Copies the results `[planes, K, Y, X]` to their places in `[N, K, Z, Y, X]`.
    fn put<T: Real>(&self, output: &mut Tensor<T>, planes: &Range<usize>, y: &Tensor<T>) {
        let ConvShape { spec, k: channels, output: [oz, oy, ox], .. } = self.shape;
        let (channels, area) = (spec.groups * channels, oy * ox);
        self.each_channel(output, channels, planes, |k, part, output| {
            for plane in part {
                let from = ((plane - planes.start) * channels + k) * area;
                output[plane % oz * area..][..area].copy_from_slice(&y.data()[from..][..area]);
            }
        });
    }

    /// The adjoint of [`Slices::put`]: copies planes of `[N, K, Z, Y, X]` out, as `[planes, K, Y, X]`.
    fn take<T: Real>(&self, grad: &Tensor<T>, planes: &Range<usize>) -> Result<Tensor<T>> {
        let ConvShape { spec, k: channels, output: [oz, oy, ox], .. } = self.shape;
        let (channels, area) = (spec.groups * channels, oy * ox);
        let mut dy = Tensor::scratch(&[planes.len(), channels, oy, ox])?;
        parallel::chunks_mut(dy.data_mut(), area, |i, dy| {
            let (plane, k) = (planes.start + i / channels, i % channels);
            let from = (plane / oz * channels + k) * oz + plane % oz;
            dy.copy_from_slice(&grad.data()[from * area..][..area]);
        });
        Ok(dy)
    }

    /// Runs `task(c, part, channel)` for each channel c of each image of `whole` that has some of the output `planes`;
    /// `part` is those of the image.
    fn each_channel<T: Real>(
        &self,
        whole: &mut Tensor<T>,
        channels: usize,
        planes: &Range<usize>,
        task: impl Fn(usize, Range<usize>, &mut [T]) + Sync,
    ) {
        let oz = self.shape.output[0];
        let images = planes.start / oz..planes.end.div_ceil(oz);
        let size: usize = whole.shape()[2..].iter().product();
        let image = channels * size;
        parallel::chunks_mut(&mut whole.data_mut()[images.start * image..images.end * image], size, |i, channel| {
            let n = images.start + i / channels;
            task(i % channels, planes.start.max(n * oz)..planes.end.min((n + 1) * oz), channel);
        });
    }
}

/// The differentiable 3D convolution, by any 2D algorithm: [`conv`](unrolled::conv()) by [`Sliced`].
///
/// Input `[N, C, D, H, W]`, weight `[K, C/groups, Q, R, S]`, bias `[K]`, result `[N, K, Z, Y, X]`, where D may be the
/// depth of a volume or the frames of a video. (An algorithm that takes 3D by itself, such as chapter 2's, goes to `conv`
/// as it is.)
///
/// ```
/// use ch02_im2col::Fused;
/// use ch06_conv3d::conv3d;
/// use unrolled::{ConvSpec, Tensor, Var, init};
///
/// // The first layer of C3D, on small frames: 16 of them, in three colours.
/// let mut rng = init::rng(1);
/// let video = Var::constant(init::uniform::<f32>(&[1, 3, 16, 14, 14], 1.0, &mut rng)?);
/// let weight = Var::parameter(init::weight(&[64, 3, 3, 3, 3], &mut rng)?);
/// let bias = Var::parameter(Tensor::zeros(&[64])?);
/// let spec = ConvSpec { padding: [1, 1, 1], ..ConvSpec::default() };
/// let maps = conv3d(&Fused, &spec, &video, &weight, Some(&bias))?;
/// assert_eq!(maps.value().shape(), [1, 64, 16, 14, 14]);
///
/// maps.backward_from(maps.value())?;
/// assert_eq!(weight.grad().unwrap().shape(), [64, 3, 3, 3, 3]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`Convolution`], if `algorithm` refuses what is left of `spec` along height and width, and if the bias isn't `[K]`.
// ANCHOR: layer
pub fn conv3d<T, A>(
    algorithm: &A,
    spec: &ConvSpec<3>,
    input: &Var<Tensor<T>>,
    weight: &Var<Tensor<T>>,
    bias: Option<&Var<Tensor<T>>>,
) -> Result<Var<Tensor<T>>>
where
    T: Real,
    A: Convolution<Tensor<T>, 2> + Clone + 'static,
{
    conv(&Sliced(algorithm.clone()), spec, input, weight, bias)
}
// ANCHOR_END: layer

#[cfg(test)]
mod tests;
