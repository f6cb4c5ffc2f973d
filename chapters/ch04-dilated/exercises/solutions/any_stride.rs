//! Exercise 4.5.

use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

#[derive(Debug, Clone, Copy)]
pub struct AnyStride<A>(pub A);

// ANCHOR: maps
/// The same convolution at stride 1.
fn unit(spec: &ConvSpec<2>) -> ConvSpec<2> {
    ConvSpec { stride: [1, 1], ..*spec }
}

/// Zeros where stride 1 has outputs, and the gradients at those that the stride keeps: the adjoint of keeping them.
fn spread<T: Real>(shape: &ConvShape<2>, grad: &Tensor<T>) -> Result<Tensor<T>> {
    let ([sy, sx], [rows, columns]) = (shape.spec.stride, shape.output);
    let dense = unit(&shape.spec).resolve(&shape.input_shape(), &shape.weight_shape())?;
    let [height, width] = dense.output;
    Tensor::from_fn(&dense.output_shape(), |i| {
        let (map, y, x) = (i / (height * width), i / width % height, i % width);
        let kept = y % sy == 0 && x % sx == 0;
        if kept { grad.data()[(map * rows + y / sy) * columns + x / sx] } else { T::ZERO }
    })
}
// ANCHOR_END: maps

// ANCHOR: passes
impl<T: Real, A: Convolution<Tensor<T>, 2>> Convolution<Tensor<T>, 2> for AnyStride<A> {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(x.shape(), w.shape())?;
        let ([sy, sx], [rows, columns]) = (spec.stride, shape.output);
        let all = self.0.forward(&unit(spec), x, w)?;
        let &[_, _, height, width] = all.shape() else { unreachable!("a convolution of two axes") };
        Tensor::from_fn(&shape.output_shape(), |i| {
            let (map, y, x) = (i / (rows * columns), i / columns % rows, i % columns);
            all.data()[(map * height + y * sy) * width + x * sx]
        })
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let dy = spread(&spec.resolve_grad(x, w.shape(), dy.shape())?, dy)?;
        self.0.grad_input(&unit(spec), x, w, &dy)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let dy = spread(&spec.resolve_grad(x.shape(), w, dy.shape())?, dy)?;
        self.0.grad_weight(&unit(spec), x, w, &dy)
    }
}
// ANCHOR_END: passes
