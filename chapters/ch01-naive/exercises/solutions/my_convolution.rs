//! Exercise 1.5: one of many. It goes from each input to the outputs that see it, where `Naive` goes from each output to
//! the inputs that it sees.

use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

// ANCHOR: pairs
/// The output position and the tap through which it sees this input position, for all there are, along one axis.
fn seen_by(shape: &ConvShape<2>, axis: usize, input: usize) -> impl Iterator<Item = (usize, usize)> {
    let ConvShape { spec, output, kernel, .. } = *shape;
    (0..kernel[axis]).filter_map(move |tap| {
        let steps = (input + spec.padding[axis]).checked_sub(tap * spec.dilation[axis])?;
        let out = steps / spec.stride[axis];
        (steps.is_multiple_of(spec.stride[axis]) && out < output[axis]).then_some((out, tap))
    })
}
// ANCHOR_END: pairs

// ANCHOR: each
/// Calls `term` with the places of input, weight and output for every product of the convolution.
fn each(shape: &ConvShape<2>, mut term: impl FnMut(usize, usize, usize)) {
    let ConvShape { spec, n, c, k, input: [h, w], kernel: [r, s], output: [y, x] } = *shape;
    for image_channel in 0..n * spec.groups * c {
        let (image, group) = (image_channel / (spec.groups * c), image_channel / c % spec.groups);
        for (iy, ix) in (0..h).flat_map(|iy| (0..w).map(move |ix| (iy, ix))) {
            for (oy, tap_y) in seen_by(shape, 0, iy) {
                for (ox, tap_x) in seen_by(shape, 1, ix) {
                    for k_of_group in 0..k {
                        let map = (image * spec.groups + group) * k + k_of_group;
                        let sub_kernel = (group * k + k_of_group) * c + image_channel % c;
                        term(
                            (image_channel * h + iy) * w + ix,
                            (sub_kernel * r + tap_y) * s + tap_x,
                            (map * y + oy) * x + ox,
                        );
                    }
                }
            }
        }
    }
}
// ANCHOR_END: each

// ANCHOR: my_convolution
#[derive(Debug, Clone, Copy)]
pub struct MyConv;

impl<T: Real> Convolution<Tensor<T>, 2> for MyConv {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(x.shape(), w.shape())?;
        let mut y = Tensor::<f64>::zeros(&shape.output_shape())?;
        each(&shape, |xi, wi, yi| y.data_mut()[yi] += x.data()[xi].f64() * w.data()[wi].f64());
        Ok(y.cast())
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(x, w.shape(), dy.shape())?;
        let mut dx = Tensor::<f64>::zeros(x)?;
        each(&shape, |xi, wi, yi| dx.data_mut()[xi] += w.data()[wi].f64() * dy.data()[yi].f64());
        Ok(dx.cast())
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(x.shape(), w, dy.shape())?;
        let mut dw = Tensor::<f64>::zeros(w)?;
        each(&shape, |xi, wi, yi| dw.data_mut()[wi] += x.data()[xi].f64() * dy.data()[yi].f64());
        Ok(dw.cast())
    }
}
// ANCHOR_END: my_convolution
