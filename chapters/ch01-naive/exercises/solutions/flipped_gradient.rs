//! Exercise 1.3.

use ch01_naive::{Naive, flip};
use unrolled::{ConvSpec, Convolution, Result, Tensor};

// ANCHOR: flipped_gradient
pub fn flipped_gradient(spec: &ConvSpec<2>, weight: &Tensor<f64>, grad: &Tensor<f64>) -> Result<Tensor<f64>> {
    let &[k, c, r, s] = weight.shape() else { unreachable!("the checks give [K, C, R, S]") };
    // [K, C, R, S] to [C, K, R, S]: sub-kernel (k, c) becomes (c, k).
    let taps = r * s;
    let exchanged = Tensor::from_fn(&[c, k, r, s], |i| {
        let (sub_kernel, tap) = (i / taps, i % taps);
        let (c_out, k_in) = (sub_kernel / k, sub_kernel % k);
        weight.data()[(k_in * c + c_out) * taps + tap]
    })?;
    // A tap reaches back dilation (R − 1) positions; the padding has already gone `padding` of them.
    let padding = [spec.dilation[0] * (r - 1) - spec.padding[0], spec.dilation[1] * (s - 1) - spec.padding[1]];
    Naive.forward(&ConvSpec { padding, ..*spec }, grad, &flip(&exchanged, 2))
}
// ANCHOR_END: flipped_gradient
