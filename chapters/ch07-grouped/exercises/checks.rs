//! What the exercises of chapter 7 must do.

use crate::block_diagonal::{block_diagonal as dense_of, blocks as blocks_of};
use crate::inputs_of::inputs_of as seen_by;
use crate::my_depthwise::MyDepthwise;
use crate::pitch::pitch as pitch_for;
use crate::tile_inputs::tile_inputs as inputs;
use ch01_naive::Naive;
use proptest::prelude::*;
use std::collections::BTreeSet;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// The referee is asked: what reaches an input channel from one output channel.
#[test]
fn inputs_of() -> Result<()> {
    for (inputs, outputs, groups) in [(8, 8, 1), (8, 8, 2), (8, 8, 8), (6, 12, 3), (6, 9, 3), (4, 2, 2)] {
        let spec = ConvSpec { groups, ..ConvSpec::<1>::default() };
        let weight = Tensor::full(&[outputs, inputs / groups, 1], 1.0_f64)?;
        for k in 0..outputs {
            let dy = Tensor::from_fn(&[1, outputs, 1], |i| f64::from(i == k))?;
            let dx = Naive.grad_input(&spec, &[1, inputs, 1], &weight, &dy)?;
            let expected: Vec<usize> = (0..inputs).filter(|&c| dx.data()[c] != 0.0).collect();
            let got: Vec<usize> = seen_by(k, inputs, outputs, groups).collect();
            assert_eq!(got, expected, "output {k} of {outputs}, {inputs} inputs, {groups} groups");
        }
    }
    Ok(())
}

#[test]
fn block_diagonal() {
    Cases { groups: 1..=4, batch: 1..=2, ..Cases::<2>::any() }.check(|case| {
        let (spec, [x, w, dy]) = (case.shape.spec, case.integers::<f64>());
        let one = ConvSpec { groups: 1, ..spec };
        let dense = dense_of(&w, spec.groups)?;
        prop_assert_eq!(dense.shape(), &[w.shape()[0], x.shape()[1], w.shape()[2], w.shape()[3]]);
        prop_assert_eq!(Naive.forward(&one, &x, &dense)?, Naive.forward(&spec, &x, &w)?);
        let dx = Naive.grad_input(&one, x.shape(), &dense, &dy)?;
        prop_assert_eq!(dx, Naive.grad_input(&spec, x.shape(), &w, &dy)?);
        let dw = blocks_of(&Naive.grad_weight(&one, &x, dense.shape(), &dy)?, spec.groups)?;
        prop_assert_eq!(dw, Naive.grad_weight(&spec, &x, w.shape(), &dy)?);
        Ok(())
    });
}

#[test]
fn tile_inputs() {
    assert_eq!(inputs([8, 32], [3, 3], [1, 1], [1, 1]), 10 * 34);
    for tile in [[1, 1], [2, 5], [4, 8]] {
        for (kernel, stride, dilation) in
            [([3, 3], [1, 1], [1, 1]), ([5, 2], [2, 1], [1, 3]), ([1, 4], [3, 2], [2, 2]), ([2, 2], [4, 4], [1, 1])]
        {
            let along = |a: usize| {
                let place = |y: usize| (0..kernel[a]).map(move |r| y * stride[a] + r * dilation[a]);
                let touched: BTreeSet<usize> = (0..tile[a]).flat_map(place).collect();
                touched.last().expect("a tap") - touched.first().expect("a tap") + 1
            };
            assert_eq!(inputs(tile, kernel, stride, dilation), along(0) * along(1), "{tile:?} {kernel:?}");
        }
    }
}

#[test]
fn pitch() {
    for (columns, across) in (1..=80).flat_map(|columns| [1, 2, 4, 8, 16, 32].map(|across| (columns, across))) {
        let free = |pitch: usize| {
            let banks: BTreeSet<usize> = (0..32).map(|t| (t / across * pitch + t % across) % 32).collect();
            banks.len() == 32
        };
        let expected = (columns..).find(|&pitch| free(pitch)).expect("there is one");
        assert_eq!(pitch_for(columns, across), expected, "{columns} columns, {across} threads across");
    }
}

// ANCHOR: my_depthwise
#[test]
fn my_depthwise() {
    Cases { groups: 1..=8, channels: 1..=1, ..Cases::<2>::any() }.assert_all(&MyDepthwise, &Naive);
}
// ANCHOR_END: my_depthwise
