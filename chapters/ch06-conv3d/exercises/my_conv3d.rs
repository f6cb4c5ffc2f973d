//! Exercise 6.5: `cargo test -p ch06-conv3d --test exercises my_conv3d`

use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// A 3D convolution by a 2D one of yours, or of the book: for each output plane and each slice of the kernel, one 2D
/// convolution, added to the plane; and backwards the same with the gradients of `A`.
///
/// It is `Sliced` without the stack, and simpler. A function that takes plane z out of `[A, B, D, H, W]`, and one that adds
/// to it, serve inputs, weights and outputs alike, as the depth is the third axis of all.
///
/// `spec.resolve(...)` and `spec.resolve_grad(...)` refuse what doesn't fit. Don't forget that `A` may refuse as well.
#[derive(Debug, Clone, Copy)]
pub struct Summed<A>(pub A);

impl<A, T: Real> Convolution<Tensor<T>, 3> for Summed<A>
where
    A: Convolution<Tensor<T>, 2>,
{
    fn forward(&self, spec: &ConvSpec<3>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        todo!()
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<3>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        todo!()
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<3>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        todo!()
    }
}
