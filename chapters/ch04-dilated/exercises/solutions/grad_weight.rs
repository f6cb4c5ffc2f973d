//! Exercise 4.4.

use ch01_naive::Naive;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

// ANCHOR: grad_weight
pub fn grad_weight(spec: &ConvSpec<2>, input: &Tensor<f64>, grad: &Tensor<f64>) -> Result<Tensor<f64>> {
    let swapped = ConvSpec { stride: spec.dilation, dilation: spec.stride, ..*spec };
    exchanged(&Naive.forward(&swapped, &exchanged(input)?, &exchanged(grad)?)?)
}

/// `[A, B, ...]` as `[B, A, ...]`.
fn exchanged(t: &Tensor<f64>) -> Result<Tensor<f64>> {
    let &[a, b, h, w] = t.shape() else { unreachable!("the checks give four axes") };
    let map = h * w;
    Tensor::from_fn(&[b, a, h, w], |i| t.data()[(i / map % a * b + i / map / a) * map + i % map])
}
// ANCHOR_END: grad_weight
