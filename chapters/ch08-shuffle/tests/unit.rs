//! The ShuffleNet unit, and what it costs.

use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch07_grouped::{Depthwise, Grouped};
use ch08_shuffle::{Bottleneck, Counted, ShuffleUnit, UnitSpec, channel_shuffle};
use unrolled::nn::{self, Pool};
use unrolled::testing::gradcheck;
use unrolled::{ConvSpec, Result, Tensor, Var, conv, init};

const RESIDUAL: UnitSpec = UnitSpec { inputs: 16, outputs: 16, groups: 2, stride: 1 };
const HALVING: UnitSpec = UnitSpec { inputs: 6, outputs: 24, groups: 3, stride: 2 };

fn reals(shape: &[usize], seed: u64) -> Tensor<f64> {
    init::uniform(shape, 1.0, &mut init::rng(seed)).expect("a small shape")
}

#[test]
fn has_the_shapes_of_the_paper() -> Result<()> {
    let unit = |spec| ShuffleUnit::<f32>::new(spec, &mut init::rng(1));
    let shape = |spec: UnitSpec, size: [usize; 2]| {
        let x = Var::constant(Tensor::zeros(&[2, spec.inputs, size[0], size[1]])?);
        Ok::<_, unrolled::Error>(unit(spec)?.forward(&Fused, &Fused, &x)?.value().shape().to_vec())
    };
    assert_eq!(shape(RESIDUAL, [7, 5])?, [2, 16, 7, 5]);
    assert_eq!(shape(HALVING, [8, 6])?, [2, 24, 4, 3]);
    assert_eq!(shape(HALVING, [7, 1])?, [2, 24, 4, 1]);
    let weights = |spec| {
        Ok::<_, unrolled::Error>(unit(spec)?.parameters.iter().map(|p| p.value().shape().to_vec()).collect::<Vec<_>>())
    };
    assert_eq!(weights(RESIDUAL)?, [&[4, 8, 1, 1][..], &[4], &[4, 1, 3, 3], &[4], &[16, 2, 1, 1], &[16]]);
    assert_eq!(weights(HALVING)?, [&[6, 2, 1, 1][..], &[6], &[6, 1, 3, 3], &[6], &[18, 2, 1, 1], &[18]]);
    Ok(())
}

/// Without weights, a unit is its shortcut.
#[test]
fn keeps_its_input_beside_what_it_computes() -> Result<()> {
    for spec in [RESIDUAL, HALVING] {
        let unit = ShuffleUnit::<f64>::new(spec, &mut init::rng(2))?;
        unit.parameters.iter().for_each(|p| p.update(|w| w.data_mut().fill(0.0)));
        let x = Var::constant(reals(&[2, spec.inputs, 5, 4], 3));
        let y = unit.forward(&Fused, &Fused, &x)?.value();
        let positive = nn::relu(&match spec.stride {
            1 => x,
            _ => nn::avg_pool(&Pool { kernel: [3, 3], stride: [2, 2], padding: [1, 1] }, &x)?,
        })?;
        let kept = positive.value().len() / 2; // of each image
        for (y, x) in y.data().chunks(y.len() / 2).zip(positive.value().data().chunks(kept)) {
            assert_eq!(&y[..kept], x);
            assert!(y[kept..].iter().all(|&y| y == 0.0));
        }
    }
    Ok(())
}

/// The unit at stride 1 once more, written out.
#[test]
fn is_grouped_relu_shuffle_depthwise_grouped_relu() -> Result<()> {
    let unit = ShuffleUnit::<f64>::new(RESIDUAL, &mut init::rng(4))?;
    let x = Var::constant(reals(&[2, 16, 5, 4], 5));
    let layer = |x: &Var<Tensor<f64>>, i: usize, padding, groups| {
        let spec = ConvSpec { padding: [padding; 2], groups, ..ConvSpec::default() };
        conv(&Naive, &spec, x, &unit.parameters[2 * i], Some(&unit.parameters[2 * i + 1]))
    };
    let y = channel_shuffle(&nn::relu(&layer(&x, 0, 0, 2)?)?, 2)?;
    let y = layer(&layer(&y, 1, 1, 4)?, 2, 0, 2)?;
    let expected = nn::relu(&nn::add(&x, &y)?)?.value();
    let got = unit.forward(&Naive, &Naive, &x)?.value();
    assert_eq!(got, expected);
    let close = |y: Tensor<f64>| y.zip(&expected, |a, b| a - b).is_ok_and(|d| d.data().iter().all(|d| d.abs() < 1e-12));
    assert!(close(unit.forward(&Grouped(Fused), &Depthwise, &x)?.value()));
    Ok(())
}

#[test]
fn both_have_the_gradients_of_their_differences() -> Result<()> {
    for spec in [RESIDUAL, HALVING] {
        let unit = ShuffleUnit::new(spec, &mut init::rng(6))?;
        let mut inputs = vec![reals(&[1, spec.inputs, 3, 3], 7)];
        inputs.extend(unit.parameters.iter().map(Var::value));
        let run =
            |v: &[Var<Tensor<f64>>]| ShuffleUnit { spec, parameters: v[1..].to_vec() }.forward(&Fused, &Fused, &v[0]);
        gradcheck(run, &inputs);
    }
    Ok(())
}

/// A seed makes the same unit in both element types.
#[test]
fn begins_as_its_seed_says() -> Result<()> {
    let unit = |seed| ShuffleUnit::<f64>::new(RESIDUAL, &mut init::rng(seed));
    let values = |unit: ShuffleUnit<f64>| unit.parameters.iter().map(Var::value).collect::<Vec<_>>();
    assert_eq!(values(unit(1)?), values(unit(1)?));
    assert_ne!(values(unit(1)?), values(unit(2)?));
    let single = ShuffleUnit::<f32>::new(RESIDUAL, &mut init::rng(1))?;
    for (a, b) in values(unit(1)?).iter().zip(&single.parameters) {
        assert_eq!(a.cast::<f32>(), b.value());
    }
    Ok(())
}

/// The formulas of the paper against the elements of real weights, and against what they are multiplied.
#[test]
fn costs_what_the_formulas_say() -> Result<()> {
    for (c, g) in [(16, 1), (48, 2), (240, 3), (64, 8)] {
        let (m, size) = (c / 4, [5, 7]);
        let formulas = Bottleneck { c, m, g };
        let groups =
            [(formulas.resnet(), [1, 1, 1]), (formulas.resnext(), [1, g, 1]), (formulas.shufflenet(), [g, m, g])];
        for (formula, groups) in groups {
            let counted = Counted::new(Fused);
            let (mut y, mut weights) = (Var::constant(Tensor::<f32>::zeros(&[1, c, size[0], size[1]])?), 0);
            for (i, [from, to, taps]) in [[c, m, 1], [m, m, 3], [m, c, 1]].into_iter().enumerate() {
                let w = Tensor::zeros(&[to, from / groups[i], taps, taps])?;
                weights += w.len();
                let spec = ConvSpec { padding: [taps / 2; 2], groups: groups[i], ..ConvSpec::default() };
                y = conv(&counted, &spec, &y, &Var::constant(w), None)?;
            }
            assert_eq!(formula, weights as f64);
            assert_eq!(counted.multiplies(), formula * 35.0);
        }

        let spec = UnitSpec { inputs: c, outputs: c, groups: g, stride: 1 };
        let (unit, counted) = (ShuffleUnit::<f32>::new(spec, &mut init::rng(1))?, Counted::new(Fused));
        let weights = unit.parameters.iter().map(Var::value).filter(|p| p.shape().len() == 4);
        assert_eq!(weights.map(|w| w.len()).sum::<usize>() as f64, formulas.shufflenet());
        unit.forward(&counted, &counted, &Var::constant(Tensor::zeros(&[2, c, size[0], size[1]])?))?;
        assert_eq!(counted.multiplies(), 2.0 * formulas.shufflenet() * 35.0);
    }
    Ok(())
}

#[test]
fn refuses_what_does_not_fit() -> Result<()> {
    let refused = |spec: UnitSpec, starts: &str| {
        let message = ShuffleUnit::<f32>::new(spec, &mut init::rng(1)).expect_err("bad input").to_string();
        assert!(message.starts_with(starts) && message.lines().count() == 1, "{spec:?}: {message}");
    };
    refused(UnitSpec { groups: 0, ..RESIDUAL }, "groups: got 0");
    refused(UnitSpec { inputs: 0, ..HALVING }, "input channels: got 0");
    refused(UnitSpec { inputs: 7, ..HALVING }, "input channels: got 7, expected a multiple of groups = 3");
    refused(UnitSpec { outputs: 0, ..HALVING }, "output channels: got 0");
    refused(UnitSpec { outputs: 18, ..HALVING }, "output channels: got 18, expected a multiple of 4 groups");
    refused(UnitSpec { outputs: 24, ..RESIDUAL }, "output channels: got 24, expected 16");
    refused(UnitSpec { inputs: 24, ..HALVING }, "output channels: got 24, expected more than 24");
    refused(UnitSpec { stride: 0, ..RESIDUAL }, "stride: got 0");
    refused(UnitSpec { stride: 3, ..HALVING }, "stride: got 3, expected 1 or 2");
    let huge = usize::MAX / 4 * 4;
    refused(UnitSpec { inputs: huge, outputs: huge, groups: 1, stride: 1 }, "shape: got");
    refused(UnitSpec { groups: usize::MAX, inputs: usize::MAX, ..HALVING }, "output channels: got 24");

    let x = |shape: &[usize]| Ok::<_, unrolled::Error>(Var::constant(Tensor::<f32>::zeros(shape)?));
    let mut unit = ShuffleUnit::<f32>::new(HALVING, &mut init::rng(1))?;
    for bad in [&[1, 6, 8][..], &[1, 12, 8, 8], &[1, 6, 0, 8]] {
        assert!(unit.forward(&Fused, &Fused, &x(bad)?).is_err(), "{bad:?}");
    }
    for wrong in
        [UnitSpec { groups: 0, ..HALVING }, UnitSpec { stride: 0, ..HALVING }, UnitSpec { outputs: 2, ..HALVING }]
    {
        unit.spec = wrong;
        assert!(unit.forward(&Fused, &Fused, &x(&[1, 6, 8, 8])?).is_err(), "{wrong:?}");
    }
    unit.parameters.pop();
    let message = unit.forward(&Fused, &Fused, &x(&[1, 6, 8, 8])?).expect_err("5 parameters").to_string();
    assert!(message.starts_with("parameters: got 5"), "{message}");
    Ok(())
}
