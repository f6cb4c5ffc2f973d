//! Two bugs that have been seen in the field, the tests that miss them, and those that don't.

use ch01_naive::Naive;
use ch03_winograd::{ByTiles, OneTile, Rational, Winograd, cook_toom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// What tiles take, F(2 × 2, 3 × 3) exactly.
fn cases() -> Cases<2> {
    let cases = Cases::any().stride_one().no_dilation().kernel([3, 3]);
    Cases { size: 1..=9, count: 64, ..cases }
}

/// What the harness says of a bug, if it finds it.
fn found(check: impl FnOnce()) -> Option<String> {
    catch_unwind(AssertUnwindSafe(check)).err().map(|panic| *panic.downcast::<String>().expect("a message"))
}

// ANCHOR: wrong_sign
/// F(2 × 2, 3 × 3) with a sign wrong in G: (g0 + g1 + g2) / 2, twice.
fn wrong_sign() -> Result<ByTiles> {
    let mut f = cook_toom(2, 3)?;
    f.g[2][1] = Rational::new(1, 2);
    Ok(ByTiles(OneTile::new(&f)))
}

#[test]
fn passes_that_belong_together_may_be_wrong_together() -> Result<()> {
    cases().assert_adjoint(&wrong_sign()?);
    cases().assert_gradcheck(&wrong_sign()?);
    Ok(())
}
// ANCHOR_END: wrong_sign

// ANCHOR: referee
#[test]
fn the_referee_sees_the_sign() -> Result<()> {
    let wrong = wrong_sign()?;
    let said = found(|| cases().assert_agrees(&wrong, &Naive)).expect("the bug is found");
    let (said, case) = said.split_once(" at ").expect("the place of the check");
    let case = case.split_once("for ").expect("the case").1.replace(" }, ", " },\n");
    let shown = format!("{said}\n\nfor {case}\n");
    assert_eq!(shown, include_str!("wrong_sign.txt").replace("\r\n", "\n"));
    Ok(())
}
// ANCHOR_END: referee

// ANCHOR: whole_tiles
/// F(2 × 2, 3 × 3) that rounds the number of tiles down, and leaves the last row and column of an odd output out.
#[derive(Debug, Clone, Copy)]
struct WholeTiles;

impl<T: Real> Convolution<Tensor<T>, 2> for WholeTiles {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let (mut y, [height, width]) = (Winograd::<2>.forward(spec, x, w)?, spec.resolve(x.shape(), w.shape())?.output);
        for (i, y) in y.data_mut().iter_mut().enumerate() {
            if i / width % height >= height / 2 * 2 || i % width >= width / 2 * 2 {
                *y = T::ZERO;
            }
        }
        Ok(y)
    }
    // ANCHOR_END: whole_tiles

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        Winograd::<2>.grad_input(spec, x, w, dy)
    }
    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        Winograd::<2>.grad_weight(spec, x, w, dy)
    }
}

// ANCHOR: sizes
#[test]
fn the_sizes_of_networks_are_even() -> Result<()> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    for size in [112, 56, 28, 14] {
        let shape = spec.resolve(&[1, 2, size, size], &[2, 2, 3, 3])?;
        let [x, w, _] = Case { shape, seed: 1 }.integers::<f64>();
        assert_eq!(WholeTiles.forward(&spec, &x, &w)?, Naive.forward(&spec, &x, &w)?);
    }
    Ok(())
}

#[test]
fn random_sizes_are_not() {
    assert!(found(|| cases().assert_agrees(&WholeTiles, &Naive)).is_some());
    assert!(found(|| cases().assert_adjoint(&WholeTiles)).is_some());
}
// ANCHOR_END: sizes
