//! Exercise 1.5: `cargo test -p ch01-naive --test exercises my_convolution`

use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// A convolution of your own. Any loops will do; look at the algorithms of the book only when yours works.
///
/// Begin with `forward`, and run the checks: they tell you which case fails, as small as they could make it. Each pass
/// begins with `spec.resolve(...)` or `spec.resolve_grad(...)`, which refuses what doesn't fit and gives all sizes by
/// their names.
#[derive(Debug, Clone, Copy)]
pub struct MyConv;

impl<T: Real> Convolution<Tensor<T>, 2> for MyConv {
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
