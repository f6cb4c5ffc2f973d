//! Exercise 7.5: `cargo test -p ch07-grouped --test exercises my_depthwise`

use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// A depthwise convolution of your own: one input channel in each group, one or more outputs of it.
///
/// Write it with whole lines: the inner loop of `forward` adds a line of inputs times a weight to a line of outputs, that of
/// `grad_weight` is a dot product of two lines. A stride makes the lines of inputs take every `stride`th number.
///
/// Each pass begins with `spec.resolve(...)` or `spec.resolve_grad(...)`, which refuses what doesn't fit and gives all sizes by
/// their names: `shape.c` is 1, and `shape.k` the outputs of each channel.
#[derive(Debug, Clone, Copy)]
pub struct MyDepthwise;

impl<T: Real> Convolution<Tensor<T>, 2> for MyDepthwise {
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
