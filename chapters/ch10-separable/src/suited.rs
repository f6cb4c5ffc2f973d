//! The lesson's algorithm: for each convolution the one that suits it.

use ch02_im2col::Fused;
use ch07_grouped::Depthwise;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// Chapter 7's kernel where each channel is convolved by itself, chapter 2's elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Suited;

impl Suited {
    fn choose(spec: &ConvSpec<2>, weight: &[usize]) -> &'static dyn Convolution<Tensor, 2> {
        if spec.groups > 1 && weight.get(1) == Some(&1) { &Depthwise } else { &Fused }
    }
}

impl Convolution<Tensor, 2> for Suited {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor, w: &Tensor) -> Result<Tensor> {
        Self::choose(spec, w.shape()).forward(spec, x, w)
    }
    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor, dy: &Tensor) -> Result<Tensor> {
        Self::choose(spec, w.shape()).grad_input(spec, x, w, dy)
    }
    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor, w: &[usize], dy: &Tensor) -> Result<Tensor> {
        Self::choose(spec, w).grad_weight(spec, x, w, dy)
    }
}
