//! What the exercises of chapter 4 must do.

use crate::any_stride::AnyStride;
use crate::fewest_layers::fewest_layers as layers_for;
use crate::gapless::gapless as is_gapless;
use crate::grad_weight::grad_weight as gradient_of_weight;
use crate::sub_grid_gradient::{dense, sub_grid_gradient as gradient};
use ch01_naive::Naive;
use ch02_im2col::Im2col;
use ch03_winograd::Winograd;
use ch04_dilated::{Dilated, Layer, paths, receptive_field};
use proptest::prelude::*;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

fn layers(dilations: &[usize]) -> Vec<Layer> {
    dilations.iter().map(|&dilation| Layer { kernel: 3, stride: 1, dilation }).collect()
}

/// Measured: whether each input of the field has a gradient.
fn sees_all(dilations: &[usize]) -> Result<bool> {
    let layers = layers(dilations);
    let paths = paths::<1, _>(&Naive, &layers, receptive_field(&layers)?.size)?;
    Ok(paths.data().iter().all(|&n| n != 0.0))
}

#[test]
fn gapless() -> Result<()> {
    assert!(is_gapless(&[]) && is_gapless(&[1, 2, 3]) && !is_gapless(&[2, 2, 2]));
    for i in 0..6 * 6 * 6 {
        let dilations = [i / 36 + 1, i / 6 % 6 + 1, i % 6 + 1];
        for stack in [&dilations[..], &dilations[..2]] {
            assert_eq!(is_gapless(stack), sees_all(stack)?, "dilations {stack:?}");
        }
    }
    Ok(())
}

#[test]
fn fewest_layers() -> Result<()> {
    assert_eq!(layers_for(1), []);
    for inputs in 2..=90 {
        let dilations = layers_for(inputs);
        let field = receptive_field(&layers(&dilations))?.size;
        assert!(field >= inputs, "{dilations:?} see {field} of {inputs}");
        assert!(sees_all(&dilations)?, "{dilations:?} leave inputs out");
        // Each layer can make three of what is seen, and no more: n layers have 3ⁿ ways through their taps.
        let possible = 3usize.pow(dilations.len() as u32 - 1);
        assert!(possible < inputs, "{dilations:?}: a layer less would do for {inputs}");
    }
    Ok(())
}

#[test]
fn sub_grid_gradient() {
    assert_eq!(dense(&[1.0, 10.0], &[5.0, 7.0]), [5.0, 57.0, 70.0]);
    let given = gradient(7, &[1.0, 10.0, 100.0], &[5.0, 6.0, 7.0], 2);
    assert_eq!(given, [5.0, 6.0, 57.0, 60.0, 570.0, 600.0, 700.0]);
    let rows = Cases { batch: 1..=1, channels: 1..=1, padding: 0..=0, dilation: 1..=5, ..Cases::<1>::any() };
    rows.stride_one().one_group().check(|case| {
        let ([x, w, dy], shape) = (case.integers::<f64>(), case.shape);
        let dx = gradient(shape.input[0], w.data(), dy.data(), shape.spec.dilation[0]);
        let expected = Naive.grad_input(&shape.spec, x.shape(), &w, &dy)?;
        prop_assert_eq!(dx, expected.data());
        Ok(())
    });
}

#[test]
fn grad_weight() {
    Cases { batch: 1..=3, ..Cases::<2>::any() }.stride_one().one_group().check(|case| {
        let ([x, w, dy], spec) = (case.integers(), case.shape.spec);
        prop_assert_eq!(gradient_of_weight(&spec, &x, &dy)?, Naive.grad_weight(&spec, &x, w.shape(), &dy)?);
        Ok(())
    });
}

// ANCHOR: any_stride
#[test]
fn any_stride() -> Result<()> {
    let all = Cases { count: 128, ..Cases::<2>::any() };
    all.assert_all(&AnyStride(Dilated(Im2col)), &Naive);

    // Stride 2 and dilation 2, by an algorithm that takes neither.
    let spec = ConvSpec::new([2, 2], [2, 2], [2, 2], 1)?;
    let (x, w) = (Tensor::from_fn(&[1, 2, 9, 8], |i| (i % 5) as f32)?, Tensor::full(&[3, 2, 3, 3], 1.0)?);
    let winograd = AnyStride(Dilated(Winograd::<2>));
    assert_eq!(winograd.forward(&spec, &x, &w)?, Naive.forward(&spec, &x, &w)?);
    Ok(())
}
// ANCHOR_END: any_stride
