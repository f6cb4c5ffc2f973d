//! What the exercises of chapter 1 must do.

use crate::flipped_gradient::flipped_gradient as gradient;
use crate::holes::{holes as with_holes, tail};
use crate::my_convolution::MyConv;
use crate::same_padding::same_padding as padding_for;
use crate::valid_range::valid_range as range_of;
use ch01_naive::{Naive, flip};
use proptest::prelude::*;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

#[test]
fn same_padding() -> Result<()> {
    assert_eq!(padding_for(3, 1), Some(1));
    assert_eq!(padding_for(4, 1), None);
    assert_eq!(padding_for(4, 2), Some(3));
    for (kernel, dilation) in (1..=6).flat_map(|kernel| (1..=4).map(move |dilation| (kernel, dilation))) {
        let fits = |padding| {
            let spec = ConvSpec::new([1], [padding], [dilation], 1)?;
            Ok(spec.output_size([50], [kernel])? == [50])
        };
        match padding_for(kernel, dilation) {
            Some(padding) => assert!(fits(padding)?, "kernel {kernel}, dilation {dilation}: not {padding}"),
            None => {
                for padding in 0..50 {
                    assert!(!fits(padding)?, "kernel {kernel}, dilation {dilation}: {padding} would do");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn valid_range() {
    Cases::<1>::any().check(|case| {
        let shape = case.shape;
        let ([input], [output], spec) = (shape.input, shape.output, shape.spec);
        let ([stride], [padding], [dilation]) = (spec.stride, spec.padding, spec.dilation);
        for tap in 0..shape.kernel[0] {
            let inside = |y: &usize| {
                let place = y * stride + tap * dilation;
                place >= padding && place < input + padding
            };
            let expected: Vec<usize> = (0..output).filter(inside).collect();
            let range = range_of(input, output, tap, stride, padding, dilation);
            prop_assert!(range.start <= range.end, "tap {tap}: {range:?}");
            prop_assert_eq!(range.collect::<Vec<_>>(), expected, "tap {}", tap);
        }
        Ok(())
    });
}

#[test]
fn flipped_gradient() {
    Cases { batch: 1..=2, ..Cases::<2>::any() }.stride_one().one_group().check(|case| {
        let shape = case.shape;
        // Padding that the kernel doesn't cover needs another last step: to cut.
        prop_assume!((0..2).all(|a| shape.spec.padding[a] <= (shape.kernel[a] - 1) * shape.spec.dilation[a]));
        let [x, w, dy] = case.integers();
        prop_assert_eq!(gradient(&shape.spec, &w, &dy)?, Naive.grad_input(&shape.spec, x.shape(), &w, &dy)?);
        Ok(())
    });
}

#[test]
fn holes() {
    assert_eq!(with_holes(&[5.0, 7.0], 2, 0), [5.0, 0.0, 7.0]);
    assert_eq!(with_holes(&[5.0, 7.0], 3, 1), [5.0, 0.0, 0.0, 7.0, 0.0]);
    assert_eq!(with_holes(&[5.0], 4, 0), [5.0]);
    assert_eq!((tail(6, 3, 2, 0, 1), tail(28, 5, 3, 0, 1), tail(7, 3, 2, 1, 2)), (1, 2, 0));
    let one = Cases { batch: 1..=1, channels: 1..=1, ..Cases::<1>::any() };
    one.one_group().check(|case| {
        let shape = case.shape;
        let ([input], [kernel], spec) = (shape.input, shape.kernel, shape.spec);
        let reach = (kernel - 1) * spec.dilation[0];
        prop_assume!(spec.padding[0] <= reach);
        let [x, w, dy] = case.integers::<f64>();
        // With holes, what a stride did is a forward pass at stride 1.
        let row = with_holes(
            dy.data(),
            spec.stride[0],
            tail(input, kernel, spec.stride[0], spec.padding[0], spec.dilation[0]),
        );
        let row = Tensor::new(&[1, 1, row.len()], row)?;
        let dense = ConvSpec { stride: [1], padding: [reach - spec.padding[0]], ..spec };
        prop_assert_eq!(Naive.forward(&dense, &row, &flip(&w, 1))?, Naive.grad_input(&spec, x.shape(), &w, &dy)?);
        Ok(())
    });
}

// ANCHOR: my_convolution
#[test]
fn my_convolution() {
    Cases::<2>::any().assert_all(&MyConv, &Naive);
}
// ANCHOR_END: my_convolution
