//! Every algorithm, transposed, against the referee.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch05_transposed::{Transposed, conv_transpose, matrix, upsample};
use ch07_grouped::Grouped;
use unrolled::testing::{Cases, gradcheck};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Value};

/// The dense convolution, made of the transposed one of `A`: its passes, exchanged once more.
///
/// So the harness, which knows dense convolutions only, draws the cases and has the referee. It comes across every
/// output_padding: the one that leads back is what the dense convolution rounded off.
#[derive(Debug, Clone, Copy)]
struct Dense<A>(A);

impl<A: Clone> Dense<A> {
    /// The transposed convolution that leads from the output back to the input, and the shape of that output.
    fn transposed<const D: usize>(
        &self,
        spec: &ConvSpec<D>,
        input: &[usize],
        weight: &[usize],
    ) -> Result<(Transposed<A, D>, Vec<usize>)> {
        let shape = spec.resolve(input, weight)?;
        let output_padding = std::array::from_fn(|d| {
            let reach = spec.dilation[d] * (shape.kernel[d] - 1) + 1;
            (shape.input[d] + 2 * spec.padding[d] - reach) % spec.stride[d]
        });
        Ok((Transposed { algorithm: self.0.clone(), output_padding }, shape.output_shape()))
    }
}

impl<V: Value, const D: usize, A: Convolution<V, D> + Clone> Convolution<V, D> for Dense<A> {
    fn forward(&self, spec: &ConvSpec<D>, input: &V, weight: &V) -> Result<V> {
        let (transposed, output) = self.transposed(spec, input.shape(), weight.shape())?;
        transposed.grad_input(spec, &output, weight, input)
    }
    fn grad_input(&self, spec: &ConvSpec<D>, input_shape: &[usize], weight: &V, grad: &V) -> Result<V> {
        spec.resolve_grad(input_shape, weight.shape(), grad.shape())?; // to the transposed convolution, any input is good
        self.transposed(spec, input_shape, weight.shape())?.0.forward(spec, grad, weight)
    }
    fn grad_weight(&self, spec: &ConvSpec<D>, input: &V, weight_shape: &[usize], grad: &V) -> Result<V> {
        let (transposed, _) = self.transposed(spec, input.shape(), weight_shape)?;
        transposed.grad_weight(spec, grad, weight_shape, input)
    }
}

#[test]
fn naive() {
    Cases::<1>::any().assert_all(&Dense(Naive), &Naive);
    Cases { count: 64, ..Cases::<2>::any() }.assert_all(&Dense(Naive), &Naive);
    Cases { count: 64, ..Cases::<3>::any() }.assert_all(&Dense(Naive), &Naive);
}

#[test]
fn fused() {
    Cases::<1>::any().assert_all(&Dense(Fused), &Naive);
    Cases::<2>::any().assert_all(&Dense(Fused), &Naive);
    Cases { count: 64, ..Cases::<3>::any() }.assert_all(&Dense(Fused), &Naive);
}

/// Winograd takes stride 1 and no dilation. Only F(2, 3) is exact on integers, and all round more than the plain sum.
#[test]
fn winograd() {
    fn cases<const D: usize>(taps: usize, tolerance: f64) -> Cases<D> {
        let cases = Cases::any().stride_one().no_dilation().kernel([taps; D]);
        Cases { exact: false, tolerance, count: 64, ..cases }
    }
    Cases { exact: true, ..cases::<2>(3, 20.0) }.assert_all(&Dense(Winograd::<2>), &Naive);
    cases::<2>(3, 100.0).assert_all(&Dense(Winograd::<4>), &Naive);
    cases::<2>(5, 100.0).assert_all(&Dense(Winograd::<2>), &Naive);
    cases::<2>(5, 1000.0).assert_all(&Dense(Winograd::<4>), &Naive);
    cases::<1>(3, 100.0).assert_all(&Dense(Winograd::<4>), &Naive);
}

#[test]
fn grouped() {
    Cases::<1>::any().assert_all(&Dense(Grouped(Im2col)), &Naive);
    Cases { count: 128, ..Cases::<2>::any() }.assert_all(&Dense(Grouped(Im2col)), &Naive);
}

/// The layer, its bias included, has the gradients that differences have.
#[test]
fn gradients_of_the_layer() {
    let small = Cases { batch: 1..=2, groups: 1..=2, channels: 1..=2, size: 1..=4, ..Cases::<2>::any() };
    Cases { kernel: [1..=3, 1..=3], count: 48, ..small }.check(|case| {
        let [_, w, x] = case.reals::<f64>(); // the dense output is our input
        let (spec, shape) = (case.shape.spec, case.shape);
        // Every output_padding that PyTorch takes, along each axis on its own.
        let chosen = |d: usize| case.seed as usize / (d + 1) % spec.stride[d].max(spec.dilation[d]);
        let output_padding = [chosen(0), chosen(1)];
        let size = |d: usize| {
            let reach = spec.dilation[d] * (shape.kernel[d] - 1) + 1;
            (shape.output[d] - 1) * spec.stride[d] + reach + output_padding[d]
        };
        if (0..2).any(|d| size(d) <= 2 * spec.padding[d]) {
            return Ok(()); // nothing is left
        }
        let bias = Tensor::from_fn(&[spec.groups * shape.c], |k| k as f64)?;
        let layer =
            |v: &[unrolled::Var<Tensor<f64>>]| conv_transpose(&Fused, &spec, output_padding, &v[0], &v[1], Some(&v[2]));
        gradcheck(layer, &[x, w, bias]);
        Ok(())
    });
}

#[test]
fn gradients_of_upsampling() {
    let x = |shape: &[usize]| Tensor::from_fn(shape, |i| i as f64);
    gradcheck(|v| upsample(&Naive, [3], &v[0]), &[x(&[2, 3, 4]).unwrap()]);
    gradcheck(|v| upsample(&Fused, [1, 3], &v[0]), &[x(&[2, 2, 3, 2]).unwrap()]);
    gradcheck(|v| upsample(&Fused, [2, 1, 3], &v[0]), &[x(&[1, 2, 2, 2, 3]).unwrap()]);
}

/// W x is the convolution and Wᵀ y the transposed one, to the last bit: all numbers are small integers.
#[test]
fn the_matrix_and_its_transpose_are_both_convolutions() {
    let small = Cases { batch: 1..=1, size: 1..=6, groups: 1..=2, channels: 1..=2, count: 64, ..Cases::<2>::any() };
    small.check(|case| {
        let [x, w, y] = case.integers::<f64>();
        let spec = case.shape.spec;
        let m = matrix(&Naive, &spec, x.shape(), &w)?;
        assert_eq!(m.shape(), [y.len(), x.len()]);
        let (row, dense) = (x.len(), Naive.forward(&spec, &x, &w)?);
        for (i, &dense) in dense.data().iter().enumerate() {
            let product: f64 = m.data()[i * row..][..row].iter().zip(x.data()).map(|(m, x)| m * x).sum();
            assert_eq!(product, dense);
        }
        let (transposed, _) = Dense(Fused).transposed(&spec, x.shape(), w.shape())?;
        let back = transposed.forward(&spec, &y, &w)?;
        assert_eq!(back.shape(), x.shape());
        for (j, &back) in back.data().iter().enumerate() {
            let product: f64 = y.data().iter().enumerate().map(|(i, y)| m.data()[i * row + j] * y).sum();
            assert_eq!(product, back);
        }
        Ok(())
    });
}
