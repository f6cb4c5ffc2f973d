//! Chapter 3: Winograd.

use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// Convolution with fewer multiplications: F(M × M, R × R).
#[derive(Debug, Clone, Copy, Default)]
pub struct Winograd<const M: usize>;

impl<T: Real, const M: usize, const D: usize> Convolution<Tensor<T>, D> for Winograd<M> {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        ch02_im2col::Fused.forward(spec, input, weight)
    }
    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        ch02_im2col::Fused.grad_input(spec, input_shape, weight, grad)
    }
    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        ch02_im2col::Fused.grad_weight(spec, input, weight_shape, grad)
    }
}
