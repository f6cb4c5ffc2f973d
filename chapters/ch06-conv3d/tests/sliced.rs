//! 3D by the algorithms that take it, and [`Sliced`] over every 2D one, against the referee.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch04_dilated::Dilated;
use ch06_conv3d::{Sliced, conv3d};
use unrolled::testing::{Case, Cases, gradcheck};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, conv};

#[test]
fn im2col_and_fused_in_3d() {
    Cases { count: 32, ..Cases::<3>::any() }.assert_all(&Im2col, &Naive);
    Cases { count: 32, ..Cases::<3>::any() }.assert_all(&Fused, &Naive);
}

#[test]
fn over_naive() {
    Cases { count: 48, ..Cases::<3>::any() }.assert_all(&Sliced(Naive), &Naive);
}

#[test]
fn over_fused() {
    Cases { count: 96, ..Cases::<3>::any() }.assert_all(&Sliced(Fused), &Naive);
}

#[test]
fn over_dilated_im2col() {
    Cases { dilation: 1..=3, count: 48, ..Cases::<3>::any() }.stride_one().assert_all(&Sliced(Dilated(Im2col)), &Naive);
}

/// What Winograd takes along height and width.
fn winograd() -> Cases<3> {
    let cases = Cases { kernel: [1..=3, 3..=3, 3..=3], size: 1..=9, count: 48, ..Cases::any() };
    cases.stride_one().no_dilation()
}

#[test]
fn over_winograd() {
    // Integers come out exactly of F(2 × 2, 3 × 3). The tolerances are those of chapter 3's own tests.
    Cases { tolerance: 20.0, ..winograd() }.assert_all(&Sliced(Winograd::<2>), &Naive);
    Cases { exact: false, tolerance: 100.0, ..winograd() }.assert_all(&Sliced(Winograd::<4>), &Naive);
}

/// Along the depth, stride and dilation are free whatever the inner algorithm takes.
#[test]
fn over_winograd_with_steps_and_holes_in_depth() {
    winograd().check(|case| {
        let mut shape = case.shape;
        shape.spec.stride[0] = 1 + case.seed as usize % 3;
        shape.spec.dilation[0] = 1 + case.seed as usize / 3 % 3;
        let reach = (shape.kernel[0] - 1) * shape.spec.dilation[0] + 1;
        shape.input[0] = shape.input[0].max(reach.saturating_sub(2 * shape.spec.padding[0]));
        let shape = shape.spec.resolve(&shape.input_shape(), &shape.weight_shape())?;
        let case = Case { shape, seed: case.seed };
        let data = case.integers::<f32>();
        assert_eq!(case.passes(&Sliced(Winograd::<2>), &data)?, case.passes(&Naive, &data)?, "{shape:?}");
        Ok(())
    });
}

#[test]
fn the_layer_is_the_convolution() -> Result<()> {
    let spec = ConvSpec::new([1, 2, 1], [1, 0, 1], [1; 3], 2)?;
    let [x, w, _] = Case { shape: spec.resolve(&[2, 4, 3, 4, 3], &[2, 2, 2, 2, 3])?, seed: 3 }.integers::<f64>();
    let b = Tensor::new(&[2], vec![2.0, -1.0])?;
    let [vx, vw, vb] = [&x, &w, &b].map(|t| Var::constant(t.clone()));
    let expected = conv(&Naive, &spec, &vx, &vw, Some(&vb))?.value();
    assert_eq!(conv3d(&Fused, &spec, &vx, &vw, Some(&vb))?.value(), expected);
    gradcheck(|v| conv3d(&Fused, &spec, &v[0], &v[1], Some(&v[2])), &[x, w, b]);
    Ok(())
}

/// What the inner algorithm doesn't take comes back as its error, from an empty batch too.
#[test]
fn the_inner_algorithm_may_refuse() -> Result<()> {
    let spec = ConvSpec { stride: [1, 2, 1], ..ConvSpec::<3>::default() };
    for n in [0, 1] {
        let shape = spec.resolve(&[n, 1, 4, 6, 6], &[1, 1, 3, 3, 3])?;
        let [x, w, dy] = Case { shape, seed: 1 }.integers::<f32>();
        let sliced = Sliced(Winograd::<2>);
        let results = [
            sliced.forward(&spec, &x, &w),
            sliced.grad_input(&spec, x.shape(), &w, &dy),
            sliced.grad_weight(&spec, &x, w.shape(), &dy),
        ];
        for result in results {
            let text = result.expect_err("Winograd takes stride 1").to_string();
            assert!(text.contains("stride") && text.lines().count() == 1, "{text}");
        }
    }
    Ok(())
}
