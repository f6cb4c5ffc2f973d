//! Receptive fields, computed and measured; the layer.

use ch01_naive::Naive;
use ch02_im2col::Im2col;
use ch04_dilated::{Dilated, Field, Layer, conv_dilated, paths, receptive_field};
use unrolled::testing::gradcheck;
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, init};

fn layer(kernel: usize, stride: usize, dilation: usize) -> Layer {
    Layer { kernel, stride, dilation }
}

/// Position of the first and of the last input with a gradient.
fn ends(paths: &Tensor<f64>) -> (usize, usize) {
    let seen = |&x: &f64| x != 0.0;
    let position = |i: Option<usize>| i.expect("an output sees something");
    (position(paths.data().iter().position(seen)), position(paths.data().iter().rposition(seen)))
}

#[test]
fn computed_is_measured() -> Result<()> {
    // Every stack of three of these layers.
    let kinds = [layer(1, 1, 1), layer(3, 1, 1), layer(3, 2, 1), layer(2, 3, 2), layer(2, 1, 4), layer(1, 2, 3)];
    for i in 0..kinds.len().pow(3) {
        let stack = [i / 36, i / 6 % 6, i % 6].map(|kind| kinds[kind]);
        let Field { size, jump } = receptive_field(&stack)?;
        let inputs = size + 2 * jump; // three outputs
        let (first, last) = ends(&paths::<1, _>(&Im2col, &stack, inputs)?);
        assert_eq!((first, last), (jump, jump + size - 1), "{stack:?}");
    }
    Ok(())
}

#[test]
fn known_networks() -> Result<()> {
    let convs = |n| vec![layer(3, 1, 1); n];
    let pool = [layer(2, 2, 1)];
    let vgg = [2, 2, 3, 3, 3].map(|n| [&convs(n)[..], &pool].concat()).concat();
    assert_eq!(receptive_field(&vgg)?, Field { size: 212, jump: 32 });
    let wavenet: Vec<_> = (0..10).map(|i| layer(2, 1, 1 << i)).collect();
    assert_eq!(receptive_field(&wavenet)?, Field { size: 1024, jump: 1 });
    assert_eq!(receptive_field(&[])?, Field { size: 1, jump: 1 });
    assert_eq!(layer(3, 1, 5).effective_kernel()?, 11);
    Ok(())
}

#[test]
fn repeated_dilations_leave_holes() -> Result<()> {
    let reached = |dilations: [usize; 3]| -> Result<usize> {
        let paths = paths::<2, _>(&Dilated(Naive), &dilations.map(|d| layer(3, 1, d)), 13)?;
        Ok(paths.data().iter().filter(|&&n| n != 0.0).count())
    };
    assert_eq!(reached([2, 2, 2])?, 7 * 7);
    assert_eq!(reached([1, 2, 3])?, 13 * 13);
    Ok(())
}

/// Sorted, the next dilation may be as large as the field so far, and not larger.
#[test]
fn no_input_is_missed_if_no_dilation_is_larger_than_the_field_before() -> Result<()> {
    for i in 0..10usize.pow(3) {
        let mut dilations = [i / 100 + 1, i / 10 % 10 + 1, i % 10 + 1];
        dilations.sort_unstable();
        let (mut field, mut rule) = (1, true);
        for dilation in dilations {
            rule &= dilation <= field;
            field += 2 * dilation;
        }
        let paths = paths::<1, _>(&Im2col, &dilations.map(|d| layer(3, 1, d)), field)?;
        assert_eq!(paths.data().iter().all(|&n| n != 0.0), rule, "{dilations:?}");
    }
    Ok(())
}

#[test]
fn layers_that_make_no_sense() {
    for (layers, expected) in [
        (vec![layer(0, 1, 1)], "kernel: got 0, expected at least 1"),
        (vec![layer(1, 0, 1)], "stride: got 0, expected at least 1"),
        (vec![layer(1, 1, 0)], "dilation: got 0, expected at least 1"),
    ] {
        assert_eq!(receptive_field(&layers).unwrap_err().to_string(), expected);
    }
    let (long, far) = (layer(usize::MAX, 1, 1), layer(1, usize::MAX, 1));
    for layers in [vec![layer(3, 1, usize::MAX)], vec![long, long], vec![far, layer(3, 1, 1)], vec![far, far]] {
        assert!(receptive_field(&layers).unwrap_err().to_string().contains("overflows"), "{layers:?}");
    }
    assert!(paths::<1, _>(&Naive, &[layer(3, 1, 1)], 2).is_err());
    assert!(paths::<1, _>(&Naive, &[layer(3, 1, 0)], 9).is_err());
}

#[test]
fn the_layer_keeps_the_size_and_has_gradients() -> Result<()> {
    let uniform = |shape: &[usize], seed| init::uniform::<f64>(shape, 1.0, &mut init::rng(seed));
    let (x, w, b) = (uniform(&[2, 2, 5, 4], 1)?, uniform(&[3, 2, 3, 2], 2)?, uniform(&[3], 3)?);
    gradcheck(|v| conv_dilated(&Im2col, [3, 2], &v[0], &v[1], Some(&v[2])), &[x.clone(), w.clone(), b]);

    let y = conv_dilated(&Im2col, [3, 2], &Var::constant(x.clone()), &Var::constant(w.clone()), None)?.value();
    assert_eq!(y.shape(), [2, 3, 5, 4]);
    let spec = ConvSpec::new([1, 1], [3, 1], [3, 2], 1)?;
    let off = y.zip(&Naive.forward(&spec, &x, &w)?, |a, b| a - b)?;
    assert!(off.data().iter().all(|off| off.abs() < 1e-12), "{off}");
    Ok(())
}

#[test]
fn the_layer_refuses_a_kernel_without_a_middle() -> Result<()> {
    let x = Var::constant(Tensor::<f32>::zeros(&[1, 1, 9, 9])?);
    let error = |dilation, shape: &[usize]| -> Result<String> {
        let w = Var::constant(Tensor::zeros(shape)?);
        Ok(conv_dilated(&Naive, dilation, &x, &w, None).unwrap_err().to_string())
    };
    let text = error([2, 3], &[1, 1, 2, 2])?;
    assert!(text.starts_with("kernel along width: got 2 taps at dilation 3, expected an odd kernel"), "{text}");
    assert_eq!(error([0, 1], &[1, 1, 3, 3])?, "dilation along height: got 0, expected at least 1");
    for (dilation, shape) in [([1, 1], &[1, 1, 0, 3][..]), ([1, 1], &[1, 1, 3]), ([usize::MAX, 1], &[1, 1, 3, 3])] {
        assert!(!error(dilation, shape)?.contains('\n'));
    }
    Ok(())
}
