//! Exercise 5.5: `cargo test -p ch05-transposed --test exercises my_transposed`

use unrolled::{ConvSpec, Result, Tensor};

/// A transposed convolution of your own, on planes: input `[N, C, Y, X]`, weight `[C, K/groups, R, S]`, output
/// `[N, K, H, W]`, and what is asked for. The checks hand you shapes that fit, and the sizes of the output.
///
/// Any loops will do. Begin with `forward`; stamps are the simplest. Then each gradient is the same loops, with another
/// tensor as the sum.
pub struct MyTransposed;

impl MyTransposed {
    /// The output, of the spatial size `output`.
    pub fn forward(spec: &ConvSpec<2>, x: &Tensor<f64>, w: &Tensor<f64>, output: [usize; 2]) -> Result<Tensor<f64>> {
        todo!()
    }

    /// The gradient of the input, of the spatial size `input`.
    pub fn grad_input(spec: &ConvSpec<2>, input: [usize; 2], w: &Tensor<f64>, dy: &Tensor<f64>) -> Result<Tensor<f64>> {
        todo!()
    }

    /// The gradient of the weight, of this shape.
    pub fn grad_weight(
        spec: &ConvSpec<2>,
        x: &Tensor<f64>,
        weight_shape: &[usize],
        dy: &Tensor<f64>,
    ) -> Result<Tensor<f64>> {
        todo!()
    }
}
