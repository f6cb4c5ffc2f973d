//! What the exercises of chapter 5 must do.

use crate::bilinear::bilinear as interpolating;
use crate::gather::gather as output_at;
use crate::my_transposed::MyTransposed;
use crate::output_padding::output_padding as chosen;
use crate::sub_pixel::sub_kernels;
use ch01_naive::Naive;
use ch05_transposed::{Transposed, steps};
use proptest::prelude::*;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

#[test]
fn output_padding() {
    assert_eq!((chosen(7, 3, 2, 1, 1), chosen(8, 3, 2, 1, 1), chosen(28, 5, 3, 0, 1)), (0, 1, 2));
    Cases::<1>::any().check(|case| {
        let s = case.shape;
        let ([stride], [padding], [dilation]) = (s.spec.stride, s.spec.padding, s.spec.dilation);
        let output_padding = [chosen(s.input[0], s.kernel[0], stride, padding, dilation)];
        let back = Transposed { algorithm: (), output_padding }.output_size(&s.spec, s.output, s.kernel)?;
        prop_assert_eq!(back, s.input);
        Ok(())
    });
}

#[test]
fn gather() {
    let one = Cases { batch: 1..=1, channels: 1..=1, ..Cases::<1>::any() };
    one.one_group().check(|case| {
        let [like, w, x] = case.integers::<f64>(); // the dense output is our input
        let ([stride], [padding], [dilation]) =
            (case.shape.spec.stride, case.shape.spec.padding, case.shape.spec.dilation);
        let expected = Naive.grad_input(&case.shape.spec, like.shape(), &w, &x)?;
        for (i, expected) in expected.data().iter().enumerate() {
            prop_assert_eq!(output_at(x.data(), w.data(), stride, padding, dilation, i), *expected, "output {}", i);
        }
        Ok(())
    });
}

#[test]
fn sub_pixel() {
    assert_eq!(sub_kernels(&[1.0, 10.0, 100.0, 1000.0], 2), [[100.0, 1.0], [1000.0, 10.0]]);
    for (stride, m, inputs) in (0..4 * 3 * 4).map(|i| (i / 12 + 1, i / 4 % 3 + 1, i % 4 + 1)) {
        let numbers = |n: usize| (0..n).map(|i| (i * 5 % 7) as f64 - 3.0).collect::<Vec<_>>();
        let (x, w) = (numbers(inputs), numbers(stride * m));
        let kernels = sub_kernels(&w, stride);
        assert!(kernels.len() == stride && kernels.iter().all(|kernel| kernel.len() == m), "{kernels:?}");
        let zeros = vec![0.0; m - 1];
        let padded = [&zeros[..], &x, &zeros].concat();
        let channels: Vec<_> = kernels.iter().map(|kernel| steps::correlate(&padded, kernel)).collect();
        let shuffled: Vec<f64> = (0..channels[0].len()).flat_map(|j| channels.iter().map(move |c| c[j])).collect();
        assert_eq!(shuffled, steps::scatter(&x, &w, stride), "stride {stride}, {m} taps a phase");
    }
}

#[test]
fn bilinear() {
    for stride in [2, 4, 6, 8] {
        let w = interpolating(stride);
        assert_eq!(w.len(), 2 * stride);
        let inside = |y: Vec<f64>| y[3 * stride / 2..y.len() - 3 * stride / 2].to_vec();
        let even = inside(steps::scatter(&[3.0; 5], &w, stride));
        assert!(even.iter().all(|y| (y - 3.0).abs() < 1e-12), "stride {stride}: {even:?}");
        let ramp = inside(steps::scatter(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &w, stride));
        let step = 1.0 / stride as f64;
        assert!(ramp.windows(2).all(|pair| (pair[1] - pair[0] - step).abs() < 1e-12), "stride {stride}: {ramp:?}");
    }
}

// ANCHOR: dense
/// The dense convolution, whose passes are those of your transposed one, exchanged: so the harness can draw the cases,
/// and has a referee.
struct Dense;

impl Convolution<Tensor<f64>, 2> for Dense {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<f64>, w: &Tensor<f64>) -> Result<Tensor<f64>> {
        let shape = spec.resolve(x.shape(), w.shape())?;
        MyTransposed::grad_input(spec, shape.output, w, x)
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<f64>, dy: &Tensor<f64>) -> Result<Tensor<f64>> {
        let shape = spec.resolve_grad(x, w.shape(), dy.shape())?;
        MyTransposed::forward(spec, dy, w, shape.input)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<f64>, w: &[usize], dy: &Tensor<f64>) -> Result<Tensor<f64>> {
        spec.resolve_grad(x.shape(), w, dy.shape())?;
        MyTransposed::grad_weight(spec, dy, w, x)
    }
}
// ANCHOR_END: dense

// ANCHOR: my_transposed
#[test]
fn my_transposed() {
    Cases::<2>::any().check(|case| {
        let data = case.integers();
        prop_assert_eq!(case.passes(&Dense, &data)?, case.passes(&Naive, &data)?);
        Ok(())
    });
}
// ANCHOR_END: my_transposed
