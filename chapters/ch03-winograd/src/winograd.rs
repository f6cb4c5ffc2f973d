//! The algorithm as the contract has it: three passes, and filters that are transformed once and kept.

use crate::filters::{Layout, Taps};
use crate::product::{Filters, Product};
use crate::tiles::{Axis, Tiles};
use crate::weight;
use unrolled::buffer::Buffer;
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Real, Result, Tensor};

/// Winograd's convolution: tiles of M × M outputs, each with (M + R − 1)² multiplications instead of M² R².
///
/// For one and two dimensions, stride 1 and dilation 1, and kernels of R taps along each axis with M + R − 1 at
/// most 8: `Winograd::<2>`, `<4>` and `<6>` for 3 × 3, `<2>` and `<4>` for 5 × 5. An axis of one tap is left as
/// it is. Any size, padding, batch and groups.
///
/// Fewer multiplications, but their inputs are sums with larger and larger coefficients: the error grows with M.
/// M = 2 is exact on small integers, 4 costs about a digit, 6 another.
///
/// Transformed filters and tiles stay within the [`workspace`](unrolled::workspace): a layer with more is computed in parts.
///
/// Winograd, "Arithmetic Complexity of Computations" (1980); Lavin and Gray, "Fast Algorithms for Convolutional
/// Neural Networks" (2016).
///
/// ```
/// use ch03_winograd::Winograd;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let signal: Tensor = Tensor::new(&[1, 1, 6], vec![1.0, 2.0, 4.0, 7.0, 11.0, 16.0])?;
/// let bend = Tensor::new(&[1, 1, 3], vec![1.0, -2.0, 1.0])?;
/// let y = Winograd::<2>.forward(&ConvSpec::<1>::default(), &signal, &bend)?;
/// assert_eq!(y.data(), [1.0, 1.0, 1.0, 1.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Winograd<const M: usize>;

impl<const M: usize> Winograd<M> {
    /// The tiles of a convolution, if it is one that tiles can compute.
    fn tiles<T: Real, const D: usize>(shape: &ConvShape<D>) -> Result<Tiles<T>> {
        let spec = &shape.spec;
        if D == 3 {
            let expected = "1 or 2; Sliced<Winograd> takes a volume apart into images";
            return Err(Error::argument("dimensions for Winograd", D, expected));
        }
        if spec.stride != [1; D] {
            let expected = "1 along each axis, as the outputs of a tile share their inputs; for others there is im2col";
            return Err(Error::argument("stride for Winograd", spec.stride, expected));
        }
        if spec.dilation != [1; D] {
            let expected = "1 along each axis; Dilated<Winograd> takes a dilated convolution apart into such";
            return Err(Error::argument("dilation for Winograd", spec.dilation, expected));
        }
        let s = shape.lift();
        let start = |d: usize| -(s.spec.padding[d] as isize);
        Ok(Tiles {
            axes: [Axis::new(M, s.kernel[1])?, Axis::new(M, s.kernel[2])?],
            input: [s.input[1], s.input[2]],
            output: [s.output[1], s.output[2]],
            start: [start(1), start(2)],
        })
    }

    /// Transforms the filters `[K, C/groups, ...]` of a layer once, for many inputs: most of the work, where images are small.
    ///
    /// ```
    /// use ch03_winograd::Winograd;
    /// use unrolled::{ConvSpec, Convolution, Tensor};
    ///
    /// let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    /// let weight: Tensor = Tensor::from_fn(&[4, 3, 3, 3], |i| i as f32)?;
    /// let kept = Winograd::<2>.keep(&spec, &weight)?;
    /// let image = Tensor::from_fn(&[1, 3, 7, 5], |i| (i % 5) as f32)?;
    /// assert_eq!(kept.forward(&image)?, Winograd::<2>.forward(&spec, &image, &weight)?);
    /// # Ok::<(), unrolled::Error>(())
    /// ```
    ///
    /// # Errors
    /// If this isn't a weight for `spec`, or as [`Convolution::forward`].
    pub fn keep<T: Real, const D: usize>(&self, spec: &ConvSpec<D>, weight: &Tensor<T>) -> Result<Kept<T, D, M>> {
        // Any input will do, as large as the kernel.
        let smallest = match *weight.shape() {
            [_, channels, ref kernel @ ..] => [&[1, channels.saturating_mul(spec.groups)], kernel].concat(),
            ref shape => return Err(Error::argument("weight", shape, "[K, C/groups, ...]")),
        };
        let shape = spec.resolve(&smallest, weight.shape())?;
        let tiles = Self::tiles(&shape)?;
        let layout = Layout::new(shape.k, shape.c, &tiles.axes);
        let transformed =
            layout.transform(&tiles.axes, &forward_taps(&shape, weight), 0..spec.groups * layout.blocks());
        Ok(Kept { spec: *spec, weight_shape: weight.shape().to_vec(), layout, transformed })
    }
}

/// A layer's filters in the transform domain: see [`Winograd::keep`].
pub struct Kept<T: Real, const D: usize, const M: usize> {
    spec: ConvSpec<D>,
    weight_shape: Vec<usize>,
    layout: Layout,
    transformed: Buffer<T>,
}

impl<T: Real, const D: usize, const M: usize> Kept<T, D, M> {
    /// The output `[N, K, ...]` for an input `[N, C, ...]`.
    ///
    /// # Errors
    /// As [`Convolution::forward`].
    pub fn forward(&self, input: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = self.spec.resolve(input.shape(), &self.weight_shape)?;
        Product {
            tiles: &Winograd::<M>::tiles(&shape)?,
            images: shape.n,
            groups: self.spec.groups,
            layout: &self.layout,
            filters: Filters::Transformed(&self.transformed),
            input: input.data(),
        }
        .run(&shape.output_shape())
    }
}

/// A weight as filters of the forward pass.
fn forward_taps<'a, T: Real, const D: usize>(shape: &ConvShape<D>, weight: &'a Tensor<T>) -> Taps<'a, T> {
    let count = shape.taps() / shape.c;
    Taps { data: weight.data(), steps: [shape.taps(), count, shape.k * shape.taps()], count, flip: false }
}

impl<T: Real, const M: usize, const D: usize> Convolution<Tensor<T>, D> for Winograd<M> {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let tiles = Self::tiles(&shape)?;
        Product {
            tiles: &tiles,
            images: shape.n,
            groups: spec.groups,
            layout: &Layout::new(shape.k, shape.c, &tiles.axes),
            filters: Filters::Taps(forward_taps(&shape, weight)),
            input: input.data(),
        }
        .run(&shape.output_shape())
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let forward = Self::tiles::<T, D>(&shape)?;
        // A convolution again: of dy with the flipped kernel, from output channels to input channels. What the
        // first input gets comes through the last tap, so the padding is what the kernel has more than the old one.
        let start = std::array::from_fn(|d| -forward.start[d] - (forward.axes[d].r - 1) as isize);
        let tiles = Tiles { input: forward.output, output: forward.input, start, ..forward };
        let taps = forward_taps(&shape, weight);
        let [row, channel, group] = taps.steps;
        Product {
            tiles: &tiles,
            images: shape.n,
            groups: spec.groups,
            layout: &Layout::new(shape.c, shape.k, &tiles.axes),
            filters: Filters::Taps(Taps { steps: [channel, row, group], flip: true, ..taps }),
            input: grad.data(),
        }
        .run(input_shape)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let tiles = Self::tiles(&shape)?;
        let mut dw = Tensor::zeros(weight_shape)?;
        if shape.n == 0 {
            return Ok(dw);
        }
        let (inputs, gradients) = (shape.c * shape.positions_in(), shape.k * shape.positions_out());
        for (g, dw) in dw.data_mut().chunks_mut(shape.k * shape.taps()).enumerate() {
            let image = |i: usize| [&grad.data()[i * gradients..][..gradients], &input.data()[i * inputs..][..inputs]];
            let images: Vec<_> = (0..shape.n).map(|n| image(n * spec.groups + g)).collect();
            weight::grad_weight(&tiles, [shape.k, shape.c], &images, dw);
        }
        Ok(dw)
    }
}
