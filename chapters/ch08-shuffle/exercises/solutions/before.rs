//! Exercise 8.5.

use ch08_shuffle::Shuffle;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// A convolution whose input channels are shuffled first.
#[derive(Debug, Clone, Copy)]
pub struct Before<A>(pub A);

// ANCHOR: before
impl<A: Convolution<Tensor<T>, D>, T: Real, const D: usize> Convolution<Tensor<T>, D> for Before<A> {
    fn forward(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        spec.resolve(x.shape(), w.shape())?;
        self.0.forward(spec, &Shuffle::new(x.shape()[1], spec.groups)?.apply(x)?, w)
    }

    fn grad_input(&self, spec: &ConvSpec<D>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let dx = self.0.grad_input(spec, x, w, dy)?; // that of P x
        Shuffle::new(x[1], spec.groups)?.inverse().apply(&dx)
    }

    fn grad_weight(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        spec.resolve_grad(x.shape(), w, dy.shape())?;
        self.0.grad_weight(spec, &Shuffle::new(x.shape()[1], spec.groups)?.apply(x)?, w, dy)
    }
}
// ANCHOR_END: before
