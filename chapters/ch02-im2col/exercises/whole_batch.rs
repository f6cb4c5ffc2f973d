//! Exercise 2.6: `cargo test -p ch02-im2col --test exercises whole_batch`

use ch02_im2col::{Im2col, im2col};
use unrolled::gemm::{MatRef, gemm};
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// A forward pass of one product for all images of the batch (and one for each group): P is `[C · R · S, N · Y · X]`.
///
/// The product then has the output as `[K, N, Y, X]`, and it should be `[N, K, Y, X]`.
#[derive(Debug, Clone, Copy)]
pub struct WholeBatch;

impl<T: Real> Convolution<Tensor<T>, 2> for WholeBatch {
    fn forward(&self, spec: &ConvSpec<2>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let s = shape.lift(); // `im2col` takes it so; `s.spec.groups`, and `s.c` and `s.k` of one group
        todo!()
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        Im2col.grad_input(spec, x, w, dy)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        Im2col.grad_weight(spec, x, w, dy)
    }
}
