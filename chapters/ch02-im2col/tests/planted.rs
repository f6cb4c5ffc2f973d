//! A col2im with a bug planted, the test that people write and that likes it, and the one that finds it.

use ch01_naive::Naive;
use ch02_im2col::{Im2col, col2im, im2col};
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::gemm::{MatRef, gemm};
use unrolled::testing::Cases;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

// ANCHOR: put_back
/// What the name "column to image" sounds like: each number goes back to where im2col copied it from.
fn put_back<T: Real>(shape: &ConvShape<3>, columns: &[T], input: &mut [T]) {
    let from = places(shape);
    for (&number, place) in columns.iter().zip(from) {
        if let Some(place) = place {
            input[place] = number;
        }
    }
}
// ANCHOR_END: put_back

/// Where im2col finds each element of its matrix: it is told to copy the numbers of the places, counted from 1.
fn places(shape: &ConvShape<3>) -> Vec<Option<usize>> {
    let numbered: Vec<f64> = (0..shape.c * shape.positions_in()).map(|i| (i + 1) as f64).collect();
    let mut copied = vec![0.0; shape.taps() * shape.positions_out()];
    im2col(shape, &numbered, &mut copied);
    copied.into_iter().map(|number| (number as usize).checked_sub(1)).collect()
}

/// The column matrix of the first image's first group, and that part of the image.
fn first_matrix(shape: &ConvShape<3>, x: &Tensor<f64>) -> (Vec<f64>, Vec<f64>) {
    let part = x.data()[..shape.c * shape.positions_in()].to_vec();
    let mut columns = vec![0.0; shape.taps() * shape.positions_out()];
    im2col(shape, &part, &mut columns);
    (columns, part)
}

/// How many windows see each input of a group.
fn windows_of_each_input(shape: &ConvShape<3>) -> Vec<f64> {
    let mut windows = vec![0.0; shape.c * shape.positions_in()];
    places(shape).into_iter().flatten().for_each(|place| windows[place] += 1.0);
    windows
}

/// As many cases as it takes, whatever `PROPTEST_CASES` says.
fn cases() -> Cases<2> {
    Cases { count: 256, batch: 1..=2, ..Cases::any() }
}

// ANCHOR: weak
#[test]
fn a_round_trip_is_the_wrong_test() {
    let overlaps = std::cell::Cell::new(0);
    cases().check(|case| {
        let shape = case.shape.lift();
        let [x, _, _] = case.integers::<f64>();
        let (columns, x) = first_matrix(&shape, &x);
        let windows = windows_of_each_input(&shape);

        let mut back = vec![0.0; x.len()];
        put_back(&shape, &columns, &mut back);
        let seen = |(x, &n): (&f64, &f64)| if n > 0.0 { *x } else { 0.0 };
        let image: Vec<f64> = x.iter().zip(&windows).map(seen).collect();
        proptest::prop_assert_eq!(back, image, "never: what was copied goes back");

        let mut sums = vec![0.0; x.len()];
        col2im(&shape, &columns, &mut sums);
        let multiples: Vec<f64> = x.iter().zip(&windows).map(|(x, n)| n * x).collect();
        proptest::prop_assert_eq!(sums, multiples, "never: each input as often as windows see it");
        overlaps.set(overlaps.get() + usize::from(windows.iter().any(|n| *n > 1.0)));
        Ok(())
    });
    assert!(overlaps.get() > 100, "{overlaps:?} of 256");
}
// ANCHOR_END: weak

/// [`Im2col`], with a col2im that puts back.
#[derive(Debug, Clone, Copy)]
struct PutBack;

impl<T: Real> Convolution<Tensor<T>, 2> for PutBack {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        Im2col.forward(spec, x, w)
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let s = spec.resolve_grad(x, w.shape(), dy.shape())?.lift();
        let mut dx = Tensor::zeros(x)?;
        let (taps, positions, image) = (s.taps(), s.positions_out(), s.c * s.positions_in());
        let mut columns = vec![T::ZERO; taps * positions];
        for (i, dx) in dx.data_mut().chunks_mut(image.max(1)).enumerate() {
            let w = MatRef::new(&w.data()[i % spec.groups * s.k * taps..], s.k, taps)?;
            let dy = MatRef::new(&dy.data()[i * s.k * positions..], s.k, positions)?;
            gemm(T::ONE, w.t(), dy, T::ZERO, &mut columns)?;
            put_back(&s, &columns, dx);
        }
        Ok(dx)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        Im2col.grad_weight(spec, x, w, dy)
    }
}

/// Whether the harness finds a bug, and what it says of it.
fn found(check: impl FnOnce()) -> Option<String> {
    catch_unwind(AssertUnwindSafe(check)).err().map(|panic| *panic.downcast::<String>().expect("a message"))
}

// ANCHOR: strong
#[test]
fn the_adjoint_identity_sees_what_was_overwritten() {
    let said = found(|| cases().assert_adjoint(&PutBack)).expect("the bug is found");
    let (said, case) = said.split_once(" at ").expect("the place of the check");
    let case = case.split_once("for ").expect("the case").1.replace(" }, ", " },\n");
    let shown = format!("{said}\n\nfor {case}\n");
    assert_eq!(shown, include_str!("put_back.txt").replace("\r\n", "\n"));
}
// ANCHOR_END: strong

/// Where windows don't overlap there is nothing to overwrite: such cases can't tell.
#[test]
fn windows_that_do_not_overlap_are_blind() {
    let apart = Cases { kernel: [1..=2, 1..=2], stride: 2..=3, dilation: 1..=1, ..cases() };
    assert!(found(|| apart.assert_adjoint(&PutBack)).is_none());
    assert!(found(|| apart.assert_agrees(&PutBack, &Naive)).is_none());
}
