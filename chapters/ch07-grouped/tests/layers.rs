//! The layers on the tape, the counts, and the devices.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch07_grouped::{
    Device, Grouped, conv_grouped, cost, deal_channels, depthwise_conv, depthwise_cost, join_channels, pointwise_cost,
    run_on_devices,
};
use proptest::prelude::*;
use unrolled::testing::{Case, Cases, gradcheck};
use unrolled::{ConvSpec, Convolution, Cost, Result, Tensor, Var, conv};

#[test]
fn layers_have_the_gradients_of_differences() -> Result<()> {
    let spec = ConvSpec { groups: 2, padding: [1, 0], stride: [1, 2], ..ConvSpec::<2>::default() };
    let [x, w, _] = Case { shape: spec.resolve(&[2, 4, 4, 5], &[6, 2, 3, 2])?, seed: 1 }.reals();
    let bias = Tensor::from_fn(&[6], |k| k as f64)?;
    gradcheck(|v| conv_grouped(&Im2col, &spec, &v[0], &v[1], Some(&v[2])), &[x.clone(), w, bias.clone()]);

    let all = ConvSpec { groups: 2, ..spec };
    let [x, w, _] = Case { shape: all.resolve(&[2, 2, 4, 5], &[6, 1, 3, 2])?, seed: 2 }.reals();
    let any = ConvSpec { groups: 7, ..spec }; // the input says how many channels there are
    gradcheck(|v| depthwise_conv(&any, &v[0], &v[1], Some(&v[2])), &[x, w, bias]);
    Ok(())
}

#[test]
fn layers_are_the_convolution() -> Result<()> {
    let spec = ConvSpec { groups: 3, padding: [1, 1], ..ConvSpec::<2>::default() };
    let [x, w, _] = Case { shape: spec.resolve(&[2, 3, 6, 5], &[6, 1, 3, 3])?, seed: 1 }.integers::<f32>();
    let (x, w) = (Var::constant(x), Var::constant(w));
    let expected = conv(&Naive, &spec, &x, &w, None)?.value();
    assert_eq!(conv_grouped(&Fused, &spec, &x, &w, None)?.value(), expected);
    assert_eq!(depthwise_conv(&spec, &x, &w, None)?.value(), expected);
    Ok(())
}

#[test]
fn layers_refuse_what_does_not_fit() -> Result<()> {
    let var = |shape: &[usize]| Tensor::<f32>::zeros(shape).map(Var::constant);
    let spec = ConvSpec::<1>::default();
    for (x, w) in
        [(&[1, 2, 5][..], &[2, 2, 3][..]), (&[1, 0, 5], &[2, 1, 3]), (&[5], &[2, 1, 3]), (&[1, 2, 5], &[3, 1, 3])]
    {
        let message = depthwise_conv(&spec, &var(x)?, &var(w)?, None).expect_err("no depthwise layer").to_string();
        assert!(!message.contains('\n'), "{message}");
    }
    assert!(depthwise_conv(&spec, &var(&[1, 2, 5])?, &var(&[2, 1, 3])?, Some(&var(&[3])?)).is_err());
    let two = ConvSpec { groups: 2, ..spec };
    assert!(conv_grouped(&Fused, &two, &var(&[1, 3, 5])?, &var(&[2, 1, 3])?, None).is_err());
    Ok(())
}

#[test]
fn counts_are_those_of_the_shapes() -> Result<()> {
    Cases::<2>::any().check(|case| {
        let (shape, [x, w, dy]) = (case.shape, case.integers::<f32>());
        let got = cost(&shape.spec, x.shape(), w.shape()[0], shape.kernel)?;
        prop_assert_eq!(got.parameters, w.len() as u128);
        prop_assert_eq!(2.0 * got.multiplies as f64, shape.flops());
        prop_assert_eq!(got.elements, (x.len() + w.len() + dy.len()) as u128);
        Ok(())
    });
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let (depthwise, pointwise) =
        (depthwise_cost(&spec, &[1, 8, 10, 10], [3, 3])?, pointwise_cost::<2>(&[1, 8, 10, 10], 8)?);
    assert_eq!(depthwise, Cost { parameters: 72, multiplies: 7200, elements: 1672 });
    assert_eq!(pointwise, Cost { parameters: 64, multiplies: 6400, elements: 1664 });
    assert_eq!(depthwise + pointwise, Cost { parameters: 136, multiplies: 13_600, elements: 3336 });
    assert_eq!(Cost { parameters: 1, multiplies: 600, elements: 100 }.intensity(4), 3.0);
    Ok(())
}

#[test]
fn counts_refuse_what_no_convolution_is() {
    let spec = ConvSpec::<2>::default();
    assert!(cost(&spec, &[1, 8, 10], 8, [3, 3]).is_err());
    assert!(cost(&spec, &[], 8, [3, 3]).is_err());
    assert!(cost(&ConvSpec { groups: 0, ..spec }, &[1, 8, 10, 10], 8, [3, 3]).is_err());
    assert!(cost(&ConvSpec { groups: 3, ..spec }, &[1, 8, 10, 10], 9, [3, 3]).is_err());
    assert!(cost(&spec, &[1, 8, 10, 10], usize::MAX, [3, 3]).is_err());
    assert!(depthwise_cost(&spec, &[1, 0, 10, 10], [3, 3]).is_err());
    assert!(pointwise_cost::<2>(&[1, 8], 8).is_err());
}

#[test]
fn devices_together_are_the_grouped_convolution() -> Result<()> {
    for groups in [1, 2, 3] {
        let first = ConvSpec { groups, padding: [1, 1], ..ConvSpec::<2>::default() };
        let second = ConvSpec { groups, stride: [2, 1], ..ConvSpec::default() };
        let shape = first.resolve(&[2, 6, 7, 5], &[12, 6 / groups, 3, 3])?;
        let [x, w1, _] = Case { shape, seed: 4 }.integers::<f32>();
        let shape = second.resolve(&shape.output_shape(), &[6, 12 / groups, 2, 3])?;
        let [_, w2, _] = Case { shape, seed: 5 }.integers::<f32>();

        let devices = Device::deal(&[(first, w1.clone()), (second, w2.clone())])?;
        assert_eq!(devices.len(), groups);
        assert!(devices.iter().all(|device| device.weights() * groups == w1.len() + w2.len()));
        let middle = Grouped(Naive).forward(&first, &x, &w1)?;
        let expected = Grouped(Naive).forward(&second, &middle, &w2)?;
        assert_eq!(run_on_devices(&Fused, &devices, &x)?, expected, "{groups} groups");
    }
    Ok(())
}

#[test]
fn channels_are_dealt_out_and_joined() -> Result<()> {
    let x = Tensor::<f32>::from_fn(&[2, 4, 3], |i| i as f32)?;
    let parts = deal_channels(&x, 2)?;
    assert_eq!(parts[1].data(), [6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0]);
    assert_eq!(join_channels(&parts)?, x);
    assert!(deal_channels(&x, 3).is_err() && deal_channels(&x, 0).is_err());
    assert!(join_channels::<f32>(&[]).is_err() && join_channels(&[Tensor::scalar(1.0_f32)]).is_err());
    let message = join_channels(&[parts[0].clone(), x]).expect_err("two shapes").to_string();
    assert_eq!(message, "output of a device: got [2, 4, 3], expected the shape of the first device's, [2, 2, 3]");
    Ok(())
}

#[test]
fn devices_refuse_what_cannot_be_dealt() -> Result<()> {
    let layer = |groups, shape: &[usize]| -> Result<_> {
        Ok((ConvSpec { groups, ..ConvSpec::<1>::default() }, Tensor::<f32>::zeros(shape)?))
    };
    assert!(Device::<f32, 1>::deal(&[]).is_err());
    for layers in [
        vec![layer(0, &[4, 2, 3])?],
        vec![layer(2, &[3, 2, 3])?],
        vec![layer(2, &[])?],
        vec![layer(2, &[0, 2, 3])?],
        vec![layer(2, &[4, 2, 3])?, layer(1, &[4, 4, 3])?],
    ] {
        let message = Device::deal(&layers).expect_err("not for two devices").to_string();
        assert!(!message.contains('\n'), "{message}");
    }
    let devices = Device::deal(&[layer(2, &[4, 2, 3])?])?;
    for shape in [&[][..], &[4], &[1, 3, 5], &[0, 4, 5], &[1, 6, 5], &[1, 4, 2]] {
        assert!(run_on_devices(&Fused, &devices, &Tensor::zeros(shape)?).is_err(), "{shape:?}");
    }
    Ok(())
}
