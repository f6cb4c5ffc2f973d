//! Exercise 4.5: `cargo test -p ch04-dilated --test exercises any_stride`

use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// Any stride, by an algorithm that only takes stride 1, as `Dilated` does: compute every output, and keep each σ-th.
///
/// A linear map after the algorithm. What is its adjoint? Begin with `forward`; both gradients need the same one thing.
/// It wastes work, but it is right, and `AnyStride(Dilated(Winograd))` computes what neither of them takes.
#[derive(Debug, Clone, Copy)]
pub struct AnyStride<A>(pub A);

impl<T: Real, A: Convolution<Tensor<T>, 2>> Convolution<Tensor<T>, 2> for AnyStride<A> {
    fn forward(&self, spec: &ConvSpec<2>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        todo!()
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<2>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        todo!()
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<2>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        todo!()
    }
}
