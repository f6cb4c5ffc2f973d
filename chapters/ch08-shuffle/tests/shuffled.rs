//! The shuffled convolution against the referee with its output channels moved.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch07_grouped::Grouped;
use ch08_shuffle::Shuffled;
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// The definition: channel g K/G + i of the convolution is channel i G + g of the result.
#[derive(Clone)]
struct Referee;

/// Moves channels: `to(g, i)` and `from(g, i)` say where.
fn moved<T: Real>(x: &Tensor<T>, groups: usize, back: bool) -> Tensor<T> {
    let (n, channels) = (x.shape()[0], x.shape()[1]);
    let (width, positions) = (channels / groups, x.shape()[2..].iter().product::<usize>());
    let mut y = x.clone();
    for n in 0..n {
        for (g, i) in (0..groups).flat_map(|g| (0..width).map(move |i| (g, i))) {
            let (mut from, mut to) = (g * width + i, i * groups + g);
            if back {
                (from, to) = (to, from);
            }
            for p in 0..positions {
                y.data_mut()[(n * channels + to) * positions + p] = x.data()[(n * channels + from) * positions + p];
            }
        }
    }
    y
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Referee {
    fn forward(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        Ok(moved(&Naive.forward(spec, x, w)?, spec.groups, false))
    }
    fn grad_input(&self, spec: &ConvSpec<D>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        Naive.grad_input(spec, x, w, &moved(dy, spec.groups, true))
    }
    fn grad_weight(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        Naive.grad_weight(spec, x, w, &moved(dy, spec.groups, true))
    }
}

fn cases<const D: usize>() -> Cases<D> {
    Cases { groups: 1..=4, ..Cases::any() }
}

#[test]
fn in_one_dimension() {
    cases::<1>().assert_all(&Shuffled(Fused), &Referee);
}

#[test]
fn in_two_dimensions() {
    cases::<2>().assert_all(&Shuffled(Fused), &Referee);
}

#[test]
fn in_three_dimensions() {
    Cases { count: 64, ..cases::<3>() }.assert_all(&Shuffled(Fused), &Referee);
}

#[test]
fn around_other_algorithms() {
    Cases { count: 64, ..cases::<2>() }.assert_all(&Shuffled(Im2col), &Referee);
    Cases { count: 64, ..cases::<2>() }.assert_all(&Shuffled(Grouped(Fused)), &Referee);
}

#[test]
fn names_the_argument_that_is_wrong() -> Result<()> {
    let spec = ConvSpec { groups: 2, ..ConvSpec::<2>::default() };
    let shape = spec.resolve(&[1, 4, 3, 3], &[6, 2, 1, 1])?;
    let [x, w, _] = Case { shape, seed: 1 }.integers::<f32>();
    let dy = Tensor::zeros(&[1, 5, 3, 3])?; // groups don't divide its channels either
    for result in
        [Shuffled(Fused).grad_input(&spec, x.shape(), &w, &dy), Shuffled(Fused).grad_weight(&spec, &x, w.shape(), &dy)]
    {
        let message = result.expect_err("a gradient of another shape").to_string();
        assert_eq!(message, "grad: got [1, 5, 3, 3], expected the output's shape, [1, 6, 3, 3]");
    }
    Ok(())
}
