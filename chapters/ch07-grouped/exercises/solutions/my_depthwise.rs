//! Exercise 7.5: one of many. A visit to each pair of lines that a tap brings together, and what happens to them is left to
//! the pass.

use std::ops::Range;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

// ANCHOR: each_line
/// Places of a line in a tensor: the first, how far apart, how many.
#[derive(Clone)]
struct Line(usize, usize, usize);

impl Line {
    fn places(&self) -> impl Iterator<Item = usize> + use<> {
        (self.0..).step_by(self.1).take(self.2)
    }
}

/// The outputs along an axis for which a tap falls on the input: exercise 1.2.
fn range(shape: &ConvShape<2>, axis: usize, tap: usize) -> Range<usize> {
    let ConvShape { spec, input, output, .. } = *shape;
    let (stride, before) = (spec.stride[axis], tap * spec.dilation[axis]);
    let reach = |end: usize| (end + spec.padding[axis]).saturating_sub(before).div_ceil(stride).min(output[axis]);
    let from = reach(0);
    from..reach(input[axis]).max(from)
}
// ANCHOR_END: each_line

// ANCHOR: visit
/// Calls `meet(input line, weight, output line)` for every tap of every line of outputs.
fn each(shape: &ConvShape<2>, mut meet: impl FnMut(Line, usize, Line)) {
    let ConvShape { spec, n, k, input: [h, w], kernel: [r, s], output: [rows, columns], .. } = *shape;
    for map in 0..n * spec.groups * k {
        let (channel, sub_kernel) = (map / k, map % (spec.groups * k));
        for (r_, s_) in (0..r).flat_map(|r_| (0..s).map(move |s_| (r_, s_))) {
            let across = range(shape, 1, s_);
            for y in range(shape, 0, r_) {
                if across.is_empty() {
                    continue;
                }
                let iy = y * spec.stride[0] + r_ * spec.dilation[0] - spec.padding[0];
                let ix = across.start * spec.stride[1] + s_ * spec.dilation[1] - spec.padding[1];
                let input = Line((channel * h + iy) * w + ix, spec.stride[1], across.len());
                let output = Line((map * rows + y) * columns + across.start, 1, across.len());
                meet(input, (sub_kernel * r + r_) * s + s_, output);
            }
        }
    }
}
// ANCHOR_END: visit

// ANCHOR: my_depthwise
#[derive(Debug, Clone, Copy)]
pub struct MyDepthwise;

impl<T: Real> Convolution<Tensor<T>, 2> for MyDepthwise {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(x.shape(), w.shape())?;
        let mut y = Tensor::zeros(&shape.output_shape())?;
        let (x, w, to) = (x.data(), w.data(), y.data_mut());
        each(&shape, |i, tap, o| o.places().zip(i.places()).for_each(|(o, i)| to[o] += w[tap] * x[i]));
        Ok(y)
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(x, w.shape(), dy.shape())?;
        let mut dx = Tensor::zeros(x)?;
        let (w, dy, to) = (w.data(), dy.data(), dx.data_mut());
        each(&shape, |i, tap, o| o.places().zip(i.places()).for_each(|(o, i)| to[i] += w[tap] * dy[o]));
        Ok(dx)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(x.shape(), w, dy.shape())?;
        let mut dw = Tensor::zeros(w)?;
        let (x, dy, to) = (x.data(), dy.data(), dw.data_mut());
        each(&shape, |i, tap, o| o.places().zip(i.places()).for_each(|(o, i)| to[tap] += x[i] * dy[o]));
        Ok(dw)
    }
}
// ANCHOR_END: my_depthwise
