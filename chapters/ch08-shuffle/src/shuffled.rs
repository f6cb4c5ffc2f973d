//! A grouped convolution and a shuffle, as one convolution.

use crate::Shuffle;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// A grouped convolution by the algorithm `A`, whose output channels are shuffled by its own groups:
/// y = P conv(x, w).
///
/// P is a linear map behind a bilinear one, so the gradients are those of `A` from Pᵀ dy = P⁻¹ dy. Beside what `A`
/// does, each pass copies the output or its gradient once; with one group, not even that. A bias belongs to the
/// channels as they come out.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch08_shuffle::Shuffled;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // Two groups, each from one channel to two: itself, and itself doubled.
/// let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
/// let input: Tensor = Tensor::new(&[1, 2, 1], vec![1.0, 10.0])?;
/// let weight = Tensor::new(&[4, 1, 1], vec![1.0, 2.0, 1.0, 2.0])?;
/// assert_eq!(Fused.forward(&spec, &input, &weight)?.data(), [1.0, 2.0, 10.0, 20.0]);
/// assert_eq!(Shuffled(Fused).forward(&spec, &input, &weight)?.data(), [1.0, 10.0, 2.0, 20.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Shuffled<A>(pub A);

impl<A, T: Real, const D: usize> Convolution<Tensor<T>, D> for Shuffled<A>
where
    A: Convolution<Tensor<T>, D>,
{
    // ANCHOR: shuffled
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let y = self.0.forward(spec, input, weight)?;
        Shuffle::new(weight.shape()[0], spec.groups)?.apply(&y)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let grad = Shuffle::new(weight.shape()[0], spec.groups)?.inverse().apply(grad)?;
        self.0.grad_input(spec, input_shape, weight, &grad)
    }
    // ANCHOR_END: shuffled

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let grad = Shuffle::new(weight_shape[0], spec.groups)?.inverse().apply(grad)?;
        self.0.grad_weight(spec, input, weight_shape, &grad)
    }
}
