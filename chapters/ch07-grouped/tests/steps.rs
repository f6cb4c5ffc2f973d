//! The steps to the depthwise kernel, and what a block of lines loads.

use ch01_naive::Naive;
use ch07_grouped::steps::{lines, loads, windows};
use proptest::prelude::*;
use unrolled::testing::Cases;
use unrolled::{Convolution, Result, Tensor};

#[test]
fn each_step_is_the_convolution() {
    let cases = Cases { groups: 1..=4, channels: 1..=1, batch: 1..=1, padding: 0..=0, count: 128, ..Cases::<2>::any() };
    cases.stride_one().no_dilation().check(|case| {
        let (shape, [x, w, _]) = (case.shape, case.integers::<f32>());
        let y = Naive.forward(&shape.spec, &x, &w)?;
        let ([h, width], [r, s], [rows, columns], c) = (shape.input, shape.kernel, shape.output, shape.spec.groups);
        let (x, w) = (x.reshape(&[c, h, width])?, w.reshape(&[c, r, s])?);
        let y = y.reshape(&[c, rows, columns])?;
        prop_assert_eq!(windows(&x, &w)?, y.clone());
        prop_assert_eq!(lines(&x, &w)?, y);
        Ok(())
    });
}

#[test]
fn steps_refuse_what_does_not_fit() -> Result<()> {
    let zeros = Tensor::<f32>::zeros;
    for (x, w) in
        [(&[2, 4, 4][..], &[3, 2, 2][..]), (&[2, 4, 4], &[2, 5, 2]), (&[4, 4], &[1, 2, 2]), (&[2, 4, 4], &[2, 4])]
    {
        assert!(windows(&zeros(x)?, &zeros(w)?).is_err(), "{x:?} {w:?}");
        assert!(lines(&zeros(x)?, &zeros(w)?).is_err(), "{x:?} {w:?}");
    }
    Ok(())
}

/// By brute force: the lines that a block of outputs touches, once for each column of the kernel.
#[test]
fn a_block_loads_each_line_once_for_each_column() {
    for (rows, r, s) in (1..=9).flat_map(|rows| (1..=6).flat_map(move |r| (1..=6).map(move |s| (rows, r, s)))) {
        let mut touched = std::collections::BTreeSet::new();
        let mut products = 0;
        for (y, r, s) in (0..rows).flat_map(|y| (0..r).flat_map(move |r| (0..s).map(move |s| (y, r, s)))) {
            touched.insert((y + r, s));
            products += 1;
        }
        assert_eq!(loads(rows, [r, s]), (touched.len(), products));
    }
}
