//! Gradients against differences.

use crate::error::Result;
use crate::init;
use crate::tensor::Tensor;
use crate::var::{Var, no_grad};

/// Checks the gradients of `f` at `inputs` against central differences, one input element at a time.
///
/// What is differentiated is ⟨c, f(inputs)⟩ with a random cotangent c. With a c of ones an adjoint
/// could flip, transpose or reorder the gradient that it is handed, and nobody would see it.
///
/// ```
/// use unrolled::testing::gradcheck;
/// use unrolled::{Tensor, nn};
///
/// let a = Tensor::new(&[2, 2], vec![1.0, 2.0, 3.0, 4.0])?;
/// let b = Tensor::new(&[2, 1], vec![0.5, -1.5])?;
/// gradcheck(|x| nn::matmul(&x[0], &x[1]), &[a, b]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Panics
/// If `f` or its backward pass fails, or a gradient has the wrong shape or is wrong by more than
/// 10⁻⁶ (relative above 1, absolute below); the message names the input, the element and both values.
pub fn gradcheck(f: impl Fn(&[Var<Tensor<f64>>]) -> Result<Var<Tensor<f64>>>, inputs: &[Tensor<f64>]) {
    // ANCHOR: gradient
    let vars: Vec<_> = inputs.iter().cloned().map(Var::parameter).collect();
    let y = f(&vars).unwrap_or_else(|e| panic!("gradcheck: the forward pass failed: {e}"));
    let cotangent = init::uniform(y.value().shape(), 1.0, &mut init::rng(0x9c)).expect("the shape of a tensor");
    if y.needs_grad() {
        y.backward_from(cotangent.clone()).unwrap_or_else(|e| panic!("gradcheck: the backward pass failed: {e}"));
    }

    let weighted = |inputs: &[Tensor<f64>]| {
        let vars: Vec<_> = inputs.iter().cloned().map(Var::constant).collect();
        no_grad(|| f(&vars)).and_then(|y| y.value().dot(&cotangent)).expect("`f` took inputs of this shape before")
    };
    // ANCHOR_END: gradient
    let mut inputs = inputs.to_vec();
    // ANCHOR: differences
    for i in 0..inputs.len() {
        // An input that `f` ignores gets no gradient; the differences must be 0 as well.
        let grad = vars[i].grad().unwrap_or_else(|| inputs[i].clone().map(|_| 0.0));
        assert_eq!(grad.shape(), inputs[i].shape(), "gradcheck: shape of the gradient of input {i}");
        for element in 0..inputs[i].len() {
            let x = inputs[i].data()[element];
            let step = 1e-5 * x.abs().max(1.0);
            let mut at = |x: f64| {
                inputs[i].data_mut()[element] = x;
                weighted(&inputs)
            };
            let numeric = (at(x + step) - at(x - step)) / ((x + step) - (x - step));
            inputs[i].data_mut()[element] = x;
            let analytic = grad.data()[element];
            let most = 1e-6 * numeric.abs().max(1.0);
            assert!(
                (analytic - numeric).abs() <= most, // false for NaN
                "gradcheck: input {i} {:?}, element {element}: the gradient is {analytic}, the central difference {numeric}",
                inputs[i].shape(),
            );
        }
    }
    // ANCHOR_END: differences
}
