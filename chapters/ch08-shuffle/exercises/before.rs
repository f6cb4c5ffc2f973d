//! Exercise 8.5: `cargo test -p ch08-shuffle --test exercises before`

use ch08_shuffle::Shuffle;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// A convolution by the algorithm `A` whose *input* channels are shuffled first, by its own groups: y = conv(P x, w).
///
/// The book's `Shuffled` shuffles behind, y = P conv(x, w). Derive the gradients from the adjoint identity before you write
/// them: which of the three tensors has to be shuffled, and which way, in each pass? Bad arguments must come back as an
/// error; `spec.resolve` and `spec.resolve_grad` refuse them.
#[derive(Debug, Clone, Copy)]
pub struct Before<A>(pub A);

impl<A, T: Real, const D: usize> Convolution<Tensor<T>, D> for Before<A>
where
    A: Convolution<Tensor<T>, D>,
{
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        todo!()
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        todo!()
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        todo!()
    }
}
