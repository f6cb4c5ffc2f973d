//! Exercise 10.5.

use ch01_naive::Naive;
use ch10_separable::depthwise::{composed, steps};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var};

// ANCHOR: fused_layer
/// The depthwise separable convolution as one operation on the tape, which keeps nothing of the tensor in the middle.
pub fn fused_layer(
    spec: &ConvSpec<2>,
    input: &Var<Tensor<f64>>,
    [depthwise, pointwise]: [&Var<Tensor<f64>>; 2],
) -> Result<Var<Tensor<f64>>> {
    let (x, w, p) = (input.value(), depthwise.value(), pointwise.value());
    let [first, second] = steps(spec, w.shape()[0])?;
    let middle = first.resolve(x.shape(), w.shape())?.output_shape();
    let y = Naive.forward(spec, &x, &composed(&w, &p)?)?;
    let of_pointwise = {
        let (x, w, p) = (x.clone(), w.clone(), p.shape().to_vec());
        move |dy| Naive.grad_weight(&second, &Naive.forward(&first, &x, &w)?, &p, &dy)
    };
    let of_depthwise = {
        let (x, w, p, middle) = (x.clone(), w.shape().to_vec(), p.clone(), middle.clone());
        move |dy| Naive.grad_weight(&first, &x, &w, &Naive.grad_input(&second, &middle, &p, &dy)?)
    };
    let x_shape = x.shape().to_vec();
    let of_input = move |dy| Naive.grad_input(&first, &x_shape, &w, &Naive.grad_input(&second, &middle, &p, &dy)?);
    Ok(Var::op(y).input(pointwise, of_pointwise).input(depthwise, of_depthwise).input(input, of_input).var())
}
// ANCHOR_END: fused_layer
