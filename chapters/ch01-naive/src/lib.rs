//! Chapter 1: convolution, straight from its definition.
//!
//! [`steps`] builds the definition up, from one channel to groups. [`Naive`] is all of it at once, in
//! any dimension, with both gradients: slow, plain, and the referee of every faster convolution.
//!
//! A convolution of your own is held against it in one line:
//!
//! ```
//! # use ch01_naive::Naive as MyConv;
//! use ch01_naive::Naive;
//! use unrolled::testing::Cases;
//!
//! Cases::<2>::any().assert_all(&MyConv, &Naive);
//! ```

pub mod steps;

use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

/// The convolution that the definition spells out:
///
/// output\[n, k, y, x\] = Σ over c, r, s of
/// input\[n, c, y·stride + r·dilation − padding, x·stride + s·dilation − padding\] · weight\[k, c, r, s\]
///
/// where input outside of its edges is zero, and c runs over the channels of k's group.
///
/// Any number of dimensions, stride, padding, dilation and groups. Sums in `f64`, whatever the
/// elements are. Each pass takes N K C/groups Y X R S multiplications.
///
/// ```
/// use ch01_naive::Naive;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let signal: Tensor = Tensor::new(&[1, 1, 5], vec![1.0, 2.0, 4.0, 7.0, 11.0])?;
/// let step = Tensor::new(&[1, 1, 2], vec![-1.0, 1.0])?;
/// let rise = Naive.forward(&ConvSpec::<1>::default(), &signal, &step)?;
/// assert_eq!(rise.data(), [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Naive;

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Naive {
    // ANCHOR: forward
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut sums = Tensor::<f64>::zeros(&shape.output_shape())?;
        let (y, x, w) = (sums.data_mut(), input.data(), weight.data());
        for_each_term(&shape.lift(), |xi, wi, yi| y[yi] += x[xi].f64() * w[wi].f64());
        Ok(sums.cast())
    }
    // ANCHOR_END: forward

    // ANCHOR: gradients
    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let mut sums = Tensor::<f64>::zeros(input_shape)?;
        let (dx, w, dy) = (sums.data_mut(), weight.data(), grad.data());
        for_each_term(&shape.lift(), |xi, wi, yi| dx[xi] += w[wi].f64() * dy[yi].f64());
        Ok(sums.cast())
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let mut sums = Tensor::<f64>::zeros(weight_shape)?;
        let (dw, x, dy) = (sums.data_mut(), input.data(), grad.data());
        for_each_term(&shape.lift(), |xi, wi, yi| dw[wi] += x[xi].f64() * dy[yi].f64());
        Ok(sums.cast())
    }
    // ANCHOR_END: gradients
}

// ANCHOR: place
/// Calls `term` for every product in the definition, with the places of its input, its weight and
/// its output in their tensors.
///
/// The three passes differ only in which of the three is the sum.
fn for_each_term(shape: &ConvShape<3>, mut term: impl FnMut(usize, usize, usize)) {
    let ConvShape { spec, n: images, c: channels, k: outputs, input: size, kernel, output } = *shape;
    // Where a tap falls on the input; `None` in the padding.
    let place = |axis: usize, out: usize, tap: usize| {
        let padded = out * spec.stride[axis] + tap * spec.dilation[axis];
        padded.checked_sub(spec.padding[axis]).filter(|&i| i < size[axis])
    };
    // ANCHOR_END: place
    // ANCHOR: loops
    let mut yi = 0; // outputs come in the order of their tensor
    for n in 0..images {
        for gk in 0..spec.groups * outputs {
            let g = gk / outputs;
            for z in 0..output[0] {
                for y in 0..output[1] {
                    for x in 0..output[2] {
                        for c in 0..channels {
                            for q in 0..kernel[0] {
                                let Some(iz) = place(0, z, q) else { continue };
                                for r in 0..kernel[1] {
                                    let Some(iy) = place(1, y, r) else { continue };
                                    let image_row = (n * spec.groups + g) * channels + c;
                                    let row = ((image_row * size[0] + iz) * size[1] + iy) * size[2];
                                    let taps = (((gk * channels + c) * kernel[0] + q) * kernel[1] + r) * kernel[2];
                                    for s in 0..kernel[2] {
                                        let Some(ix) = place(2, x, s) else { continue };
                                        term(row + ix, taps + s, yi);
                                    }
                                }
                            }
                        }
                        yi += 1;
                    }
                }
            }
        }
    }
}
// ANCHOR_END: loops

/// The kernel, reversed along its last `axes` axes.
///
/// Mathematics calls *convolution* what runs the kernel backwards over the input. Deep learning
/// calls convolution what runs it forwards, *cross-correlation*. A flip turns each into the other.
///
/// ```
/// use unrolled::Tensor;
///
/// let kernel = Tensor::new(&[2, 2], vec![1.0, 2.0, 3.0, 4.0])?;
/// assert_eq!(ch01_naive::flip(&kernel, 2).data(), [4.0, 3.0, 2.0, 1.0]);
/// assert_eq!(ch01_naive::flip(&kernel, 1).data(), [2.0, 1.0, 4.0, 3.0]);
/// # let _: Tensor = kernel;
/// # Ok::<(), unrolled::Error>(())
/// ```
// ANCHOR: flip
pub fn flip<T: Real>(kernel: &Tensor<T>, axes: usize) -> Tensor<T> {
    let mut flipped = kernel.clone();
    let block: usize = kernel.shape().iter().rev().take(axes).product();
    // In row-major order, reversing every axis of a block reverses the block.
    flipped.data_mut().chunks_mut(block.max(1)).for_each(<[T]>::reverse);
    flipped
}
// ANCHOR_END: flip
