//! What the exercises of chapter 8 must do.

use crate::before::Before;
use crate::goes_to::goes_to as place;
use crate::in_place::in_place as fused;
use crate::layers::layers as depth;
use crate::rounds::rounds as period;
use ch01_naive::Naive;
use ch08_shuffle::{Shuffle, Shuffled};
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor, init};

/// All channels up to 24, and the groups that divide them.
fn tables() -> impl Iterator<Item = (usize, usize)> {
    (1..=24).flat_map(|channels| (1..=channels).filter(move |g| channels % g == 0).map(move |g| (channels, g)))
}

#[test]
fn goes_to() -> Result<()> {
    assert_eq!([0, 1, 2, 3, 4, 5].map(|c| place(c, 6, 2)), [0, 2, 4, 1, 3, 5]);
    for (channels, groups) in tables() {
        let shuffle = Shuffle::new(channels, groups)?;
        for k in 0..channels {
            let c = shuffle.source(k);
            assert_eq!(place(c, channels, groups), k, "channel {c} of {channels} in {groups} groups");
        }
    }
    Ok(())
}

#[test]
fn rounds() -> Result<()> {
    assert_eq!([period(6, 2), period(9, 3), period(6, 1), period(8, 2)], [4, 2, 1, 3]);
    for (channels, groups) in tables() {
        let shuffle = Shuffle::new(channels, groups)?;
        let mut x = Tensor::<f32>::from_fn(&[1, channels], |i| i as f32)?;
        let start = x.clone();
        let count = period(channels, groups);
        assert!(count > 0);
        for round in 1..=count {
            x = shuffle.apply(&x)?;
            assert_eq!(x == start, round == count, "{channels} channels in {groups} groups, round {round} of {count}");
        }
    }
    Ok(())
}

#[test]
fn layers() -> Result<()> {
    assert_eq!([depth(9, 3), depth(6, 3), depth(6, 1), depth(5, 5)], [Some(2), Some(3), Some(1), None]);
    for (channels, groups) in tables() {
        let (width, shuffle) = (channels / groups, Shuffle::new(channels, groups)?);
        // Which inputs a channel sees, by walking through the layers; more than this many never help.
        let mut seen: Vec<Vec<bool>> = (0..channels).map(|k| (0..channels).map(|c| c == k).collect()).collect();
        let mut expected = None;
        for layer in 1..=10 {
            let group = |k: usize| k / width * width..(k / width + 1) * width;
            let hears = |k: usize, c: usize| group(k).any(|from| seen[from][c]);
            let heard: Vec<Vec<bool>> = (0..channels).map(|k| (0..channels).map(|c| hears(k, c)).collect()).collect();
            if heard.iter().flatten().all(|&seen| seen) {
                expected = Some(layer);
                break;
            }
            seen = (0..channels).map(|k| heard[shuffle.source(k)].clone()).collect();
        }
        assert_eq!(depth(channels, groups), expected, "{channels} channels in {groups} groups");
    }
    Ok(())
}

#[test]
fn in_place() -> Result<()> {
    let draw =
        |shape: &[usize], seed| Result::Ok(init::uniform::<f64>(shape, 4.5, &mut init::rng(seed))?.map(f64::round));
    for (groups, c, k) in [(1, 3, 4), (2, 3, 3), (3, 2, 4), (4, 1, 2), (3, 4, 1)] {
        let (x, w) = (draw(&[2, groups * c, 5], 1)?, draw(&[groups * k, c], 2)?);
        let spec = ConvSpec { groups, ..ConvSpec::<1>::default() };
        let expected = Shuffled(Naive).forward(&spec, &x, &w.clone().reshape(&[groups * k, c, 1])?)?;
        assert_eq!(fused(&x, &w, groups)?, expected, "{groups} groups of {c} channels to {k}");
    }
    Ok(())
}

/// The definition: channel (i, g) of the input as the convolution sees it is channel (g, i) of x.
#[derive(Clone)]
struct Referee;

fn moved<T: Real>(x: &Tensor<T>, groups: usize, back: bool) -> Result<Tensor<T>> {
    let (channels, positions) = (x.shape()[1], x.shape()[2..].iter().product::<usize>());
    let width = channels / groups;
    Tensor::from_fn(x.shape(), |i| {
        let (n, k, p) = (i / positions / channels, i / positions % channels, i % positions);
        let from = if back { k % width * groups + k / width } else { k % groups * width + k / groups };
        x.data()[(n * channels + from) * positions + p]
    })
}

impl<T: Real> Convolution<Tensor<T>, 2> for Referee {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        Naive.forward(spec, &moved(x, spec.groups, false)?, w)
    }
    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        moved(&Naive.grad_input(spec, x, w, dy)?, spec.groups, true)
    }
    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        Naive.grad_weight(spec, &moved(x, spec.groups, false)?, w, dy)
    }
}

// ANCHOR: before
#[test]
fn before() {
    Cases { groups: 1..=4, ..Cases::<2>::any() }.assert_all(&Before(Naive), &Referee);
}
// ANCHOR_END: before
