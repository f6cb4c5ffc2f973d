//! The permutation: one to one, undone by its inverse, and moved by its definition.

mod common;

use ch08_shuffle::{Shuffle, channel_shuffle};
use common::integers;
use unrolled::testing::gradcheck;
use unrolled::{Real, Result, Tensor, Var, parallel};

/// All shuffles of up to 24 channels: channels and groups.
fn all() -> impl Iterator<Item = (usize, usize)> {
    (1..=24).flat_map(|channels| (1..=channels).filter(move |g| channels % g == 0).map(move |g| (channels, g)))
}

/// Tensors of rank 2 to 5, empty ones and one of several tasks among them.
const SHAPES: [(&[usize], &[usize]); 7] = [
    (&[2], &[]),
    (&[3], &[5]),
    (&[2], &[3, 4]),
    (&[1], &[2, 3, 2]),
    (&[0], &[3, 3]),
    (&[2], &[0, 3]),
    (&[5], &[60, 41]),
];

fn shape(i: usize, channels: usize) -> Vec<usize> {
    [SHAPES[i].0, &[channels], SHAPES[i].1].concat()
}

#[test]
fn is_one_to_one_and_undone_by_its_inverse() -> Result<()> {
    for (channels, groups) in all() {
        let shuffle = Shuffle::new(channels, groups)?;
        let mut sources: Vec<_> = (0..channels).map(|k| shuffle.source(k)).collect();
        let back = shuffle.inverse();
        assert_eq!(back, Shuffle::new(channels, channels / groups)?);
        for k in 0..channels {
            assert_eq!(sources[back.source(k)], k);
        }
        sources.sort_unstable();
        assert!(sources.into_iter().eq(0..channels), "{channels} channels, {groups} groups");
    }
    Ok(())
}

#[test]
fn one_group_or_one_channel_a_group_moves_nothing() -> Result<()> {
    for i in 0..SHAPES.len() {
        let x = integers::<f32>(&shape(i, 6), 1);
        assert_eq!(Shuffle::new(6, 1)?.apply(&x)?, x);
        assert_eq!(Shuffle::new(6, 6)?.apply(&x)?, x);
        assert_eq!(x.is_empty(), Shuffle::new(6, 2)?.apply(&x)? == x);
    }
    Ok(())
}

/// `[N, groups, width, P]` with the two axes in the middle swapped, an index at a time.
fn swapped<T: Real>(x: &Tensor<T>, groups: usize) -> Result<Tensor<T>> {
    let (n, channels, positions) = (x.shape()[0], x.shape()[1], x.shape()[2..].iter().product());
    let width = channels / groups;
    let (x, to) = (x.clone().reshape(&[n, groups, width, positions])?, x.shape());
    let mut y = Vec::new();
    for n in 0..n {
        for i in 0..width {
            for g in 0..groups {
                y.extend((0..positions).map(|p| x.at(&[n, g, i, p]).expect("an index of x")));
            }
        }
    }
    Tensor::new(to, y)
}

#[test]
fn swaps_two_axes_in_any_rank() -> Result<()> {
    for (channels, groups) in all().filter(|&(channels, _)| channels % 6 == 0) {
        for i in 0..SHAPES.len() {
            let shape = shape(i, channels);
            let (x, dy) = (integers::<f64>(&shape, 2), integers::<f64>(&shape, 3));
            let v = Var::parameter(x.clone());
            let y = channel_shuffle(&v, groups)?;
            assert_eq!(y.value(), swapped(&x, groups)?, "{shape:?} in {groups} groups");
            y.backward_from(dy.clone())?;
            let dx = v.grad().expect("y was made from x");
            assert_eq!(dx, swapped(&dy, channels / groups)?);
            // The adjoint identity, exactly.
            assert_eq!(dy.dot(&y.value())?, dx.dot(&x)?);
            assert_eq!(Shuffle::new(channels, channels / groups)?.apply(&y.value())?, x);
        }
    }
    Ok(())
}

#[test]
fn has_the_gradient_of_its_differences() {
    for (i, groups) in [(0, 2), (1, 3), (2, 2), (3, 3)] {
        gradcheck(|x| channel_shuffle(&x[0], groups), &[integers(&shape(i, 6), 4)]);
    }
}

#[test]
fn does_not_depend_on_the_threads() -> Result<()> {
    let x = integers::<f32>(&shape(6, 12), 5);
    parallel::set_threads(1)?;
    let y = Shuffle::new(12, 3)?.apply(&x)?;
    for threads in [2, 3, 7] {
        parallel::set_threads(threads)?;
        assert_eq!(Shuffle::new(12, 3)?.apply(&x)?, y);
    }
    Ok(())
}

#[test]
fn refuses_what_cannot_be_shuffled() -> Result<()> {
    let refused = |shape: &[usize], groups, starts: &str| -> Result<()> {
        let x = Var::parameter(Tensor::<f32>::zeros(shape)?);
        let message = channel_shuffle(&x, groups).expect_err("bad input").to_string();
        assert!(message.starts_with(starts) && message.lines().count() == 1, "{message}");
        Ok(())
    };
    refused(&[2, 6, 3], 0, "groups: got 0, expected a divisor of the channels, 6")?;
    refused(&[2, 6, 3], 4, "groups: got 4")?;
    refused(&[2, 6, 3], 12, "groups: got 12")?;
    refused(&[2, 6, 3], usize::MAX, "groups: got")?;
    refused(&[2, 0, 3], 1, "channels: got 0")?;
    refused(&[6], 2, "input: got [6], expected at least two axes")?;
    refused(&[], 1, "input: got []")?;
    assert!(Shuffle::new(6, 2)?.apply(&Tensor::<f32>::zeros(&[2, 12])?).is_err());
    assert!(Shuffle::new(usize::MAX, 1).is_ok());
    Ok(())
}
