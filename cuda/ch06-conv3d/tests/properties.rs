//! The march against the definition on the CPU.

use ch01_naive::Naive as Referee;
use cuda_ch06_conv3d::{March, kernels};
use host::testing::{OnGpu, assert_matches_ptx, session};
use proptest::prop_assert_eq;
use std::cell::Cell;
use unrolled::testing::{Case, Cases};
use unrolled::{ChannelBias, ConvSpec, Convolution, Result, Tensor, Var, conv};

#[test]
fn kernels_have_the_parameters_that_rust_passes() {
    assert_matches_ptx(kernels::march::PTX, kernels::march::SIGNATURES);
    assert_matches_ptx(kernels::flip::PTX, kernels::flip::SIGNATURES);
}

/// Whatever it is, by the march or by chapter 1's kernels.
#[test]
fn anything() {
    Cases { count: 24, ..Cases::<3>::any() }.assert_f32(&OnGpu(March), &Referee);
}

#[test]
fn stride_one() {
    Cases { count: 24, ..Cases::<3>::any() }.stride_one().no_dilation().assert_f32(&OnGpu(March), &Referee);
}

/// Stride and dilation across, none along the depth: all of these are marches, and many of their gradients.
#[test]
fn any_stride_and_dilation_across() {
    let gradients = Cell::new(0);
    let cases = Cases { count: 24, stride: 1..=2, ..Cases::<3>::any() };
    cases.check(|case| {
        let mut shape = case.shape;
        (shape.spec.stride[0], shape.spec.dilation[0]) = (1, 1);
        let shape = shape.spec.resolve(&shape.input_shape(), &shape.weight_shape())?;
        assert!(March::takes(&shape));
        let seen = (0..3).all(|axis| shape.spec.padding[axis] <= (shape.kernel[axis] - 1) * shape.spec.dilation[axis]);
        gradients.set(gradients.get() + u32::from(shape.spec.stride == [1; 3] && seen));
        let case = Case { shape, seed: case.seed };
        let data = case.integers::<f32>();
        prop_assert_eq!(case.passes(&OnGpu(March), &data)?, case.passes(&Referee, &data)?);
        Ok(())
    });
    assert!(gradients.get() > 0);
}

/// More than one patch along each axis, full to their edges; and more channels than a thread has.
#[test]
fn larger_than_a_block() -> Result<()> {
    for (stride, dilation, input, weight) in [
        ([1; 3], [1; 3], [1, 1, 18, 4, 4], [5, 1, 3, 2, 2]),
        ([1; 3], [1; 3], [2, 2, 4, 11, 3], [2, 2, 2, 3, 3]),
        ([1; 3], [1; 3], [1, 1, 3, 6, 6], [1, 1, 3, 5, 5]), // more weights than threads
        ([1, 2, 1], [1, 3, 1], [1, 1, 2, 26, 3], [1, 1, 1, 3, 2]),
        ([1, 1, 1], [1, 1, 3], [1, 1, 2, 3, 45], [1, 1, 3, 2, 3]),
        ([1, 1, 2], [1, 1, 1], [1, 1, 2, 3, 70], [1, 1, 3, 2, 4]),
    ] {
        let spec = ConvSpec::new(stride, [1, 0, 1], dilation, 1)?;
        let case = Case { shape: spec.resolve(&input, &weight)?, seed: 3 };
        let data = case.integers::<f32>();
        assert_eq!(case.passes(&OnGpu(March), &data)?, case.passes(&Referee, &data)?, "{case:?}");
    }
    Ok(())
}

#[test]
fn takes_what_it_says() -> Result<()> {
    let takes = |spec: ConvSpec<3>, kernel: [usize; 3]| -> Result<bool> {
        Ok(March::takes(&spec.resolve(&[1, 1, 9, 99, 99], &[1, 1, kernel[0], kernel[1], kernel[2]])?))
    };
    let plain = ConvSpec::default();
    assert!(takes(plain, [3, 3, 3])? && takes(plain, [1, 7, 7])?);
    assert!(!takes(plain, [4, 3, 3])?);
    assert!(takes(ConvSpec { stride: [1, 2, 2], ..plain }, [3, 3, 3])?);
    assert!(!takes(ConvSpec { stride: [2, 1, 1], ..plain }, [3, 3, 3])?);
    assert!(!takes(ConvSpec { dilation: [2, 1, 1], ..plain }, [3, 3, 3])?);
    // A tile of 7 · 4 + 3 rows and 31 · 12 + 3 columns is 46500 bytes, and the weights are 432; with one step more it
    // is too large.
    assert!(takes(ConvSpec { stride: [1, 4, 12], ..plain }, [3, 3, 3])?);
    assert!(!takes(ConvSpec { stride: [1, 4, 13], ..plain }, [3, 3, 3])?);
    assert!(!takes(ConvSpec { stride: [1, usize::MAX, usize::MAX], ..plain }, [3, 3, 3])?);
    Ok(())
}

/// Two planes, two taps: the sum of neighbours along the depth.
#[test]
fn by_hand() -> Result<()> {
    let spec = ConvSpec { padding: [1, 0, 0], ..ConvSpec::<3>::default() };
    let x: Tensor = Tensor::new(&[1, 1, 2, 1, 2], vec![1.0, 2.0, 3.0, 4.0])?;
    let w = Tensor::new(&[1, 1, 2, 1, 1], vec![1.0, 10.0])?;
    let y = OnGpu(March).forward(&spec, &x, &w)?;
    assert_eq!(y.data(), [10.0, 20.0, 1.0 + 30.0, 2.0 + 40.0, 3.0, 4.0]);
    let dy = Tensor::new(y.shape(), vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    let dx = OnGpu(March).grad_input(&spec, x.shape(), &w, &dy)?;
    assert_eq!(dx.data(), [10.0 + 3.0, 20.0 + 4.0, 30.0 + 5.0, 40.0 + 6.0]);
    Ok(())
}

/// The output, and the gradients of input, weight and bias that the tape finds.
fn taped<V: ChannelBias + 'static>(
    algorithm: &(impl Convolution<V, 3> + Clone + 'static),
    spec: &ConvSpec<3>,
    inputs: [V; 3],
    dy: V,
) -> Result<[V; 4]> {
    let [x, w, b] = inputs.map(Var::parameter);
    let y = conv(algorithm, spec, &x, &w, Some(&b))?;
    y.backward_from(dy)?;
    Ok([y.value(), x.grad().expect("dx"), w.grad().expect("dw"), b.grad().expect("db")])
}

#[test]
fn the_tape_differentiates_it() -> Result<()> {
    let session = session();
    let spec = ConvSpec { padding: [1, 1, 0], groups: 2, ..ConvSpec::default() };
    let case = Case { shape: spec.resolve(&[2, 4, 4, 3, 5], &[6, 2, 3, 3, 2])?, seed: 11 };
    let [x, w, dy] = case.integers::<f32>();
    let b = Tensor::from_fn(&[6], |k| k as f32 - 2.0)?;

    let expected = taped(&Referee, &spec, [x.clone(), w.clone(), b.clone()], dy.clone())?;
    let upload = |t: &Tensor| session.upload(t);
    let got = taped(&March, &spec, [upload(&x)?, upload(&w)?, upload(&b)?], upload(&dy)?)?;
    for (got, expected) in got.iter().zip(&expected) {
        assert_eq!(&got.download()?, expected);
    }
    Ok(())
}

#[test]
fn an_empty_batch_gives_an_empty_output_and_zero_gradients() -> Result<()> {
    let spec = ConvSpec::default();
    let (x, w) = (Tensor::<f32>::zeros(&[0, 2, 3, 5, 5])?, Tensor::full(&[3, 2, 3, 3, 3], 1.0)?);
    let y = OnGpu(March).forward(&spec, &x, &w)?;
    assert_eq!(y.shape(), [0, 3, 1, 3, 3]);
    assert_eq!(OnGpu(March).grad_input(&spec, x.shape(), &w, &y)?, x);
    assert_eq!(OnGpu(March).grad_weight(&spec, &x, w.shape(), &y)?, Tensor::zeros(w.shape())?);
    Ok(())
}
