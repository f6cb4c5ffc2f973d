//! Grouped and depthwise convolution against the definition on the CPU.

use ch01_naive::Naive as Referee;
use cuda_ch07_grouped::{Depthwise, Grouped, kernels};
use host::GpuTensor;
use host::testing::{OnGpu, assert_matches_ptx, profiles, session};
use unrolled::testing::{Case, Cases};
use unrolled::{ChannelBias, ConvShape, ConvSpec, Convolution, Result, Tensor, Var, conv};

#[test]
fn kernels_have_the_parameters_that_rust_passes() {
    assert_matches_ptx(kernels::grouped_forward::PTX, kernels::grouped_forward::SIGNATURES);
    assert_matches_ptx(kernels::grouped_grad_input::PTX, kernels::grouped_grad_input::SIGNATURES);
    assert_matches_ptx(kernels::grouped_grad_weight::PTX, kernels::grouped_grad_weight::SIGNATURES);
    assert_matches_ptx(kernels::depthwise_forward::PTX, kernels::depthwise_forward::SIGNATURES);
    assert_matches_ptx(kernels::depthwise_grad_input::PTX, kernels::depthwise_grad_input::SIGNATURES);
    assert_matches_ptx(kernels::depthwise_grad_weight::PTX, kernels::depthwise_grad_weight::SIGNATURES);
}

/// Up to five groups, of more and of fewer channels than a thread has at once.
fn grouped<const D: usize>(count: u32) -> Cases<D> {
    Cases { groups: 1..=5, channels: 1..=6, count, ..Cases::any() }
}

#[test]
fn in_groups() {
    grouped::<1>(48).assert_f32(&OnGpu(Grouped), &Referee);
    grouped::<2>(48).assert_f32(&OnGpu(Grouped), &Referee);
    grouped::<3>(24).assert_f32(&OnGpu(Grouped), &Referee);
}

/// One input and one output channel a group.
fn depthwise<const D: usize>(count: u32) -> Cases<D> {
    Cases { groups: 1..=8, channels: 1..=1, count, ..Cases::any() }
}

#[test]
fn channel_by_channel() {
    depthwise::<1>(48).assert_f32(&OnGpu(Depthwise), &Referee);
    depthwise::<2>(64).assert_f32(&OnGpu(Depthwise), &Referee);
    depthwise::<3>(48).assert_f32(&OnGpu(Depthwise), &Referee);
}

/// The three passes are those of the referee, number by number: all data are whole numbers.
fn assert_same<const D: usize>(algorithm: impl Convolution<GpuTensor, D>, case: &Case<D>) -> Result<()> {
    let data = case.integers::<f32>();
    assert_eq!(case.passes(&OnGpu(algorithm), &data)?, case.passes(&Referee, &data)?, "{case:?}");
    Ok(())
}

/// Two to five output channels for each input channel. The harness draws input and output channels from one range, so
/// here its cases get outputs of their own.
#[test]
fn with_more_outputs_than_inputs() {
    fn check<const D: usize>(cases: Cases<D>) {
        cases.check(|case| {
            let shape = ConvShape { k: 2 + (case.seed % 4) as usize, ..case.shape };
            Ok(assert_same(Depthwise, &Case { shape, ..*case })?)
        });
    }
    check(depthwise::<1>(24));
    check(depthwise::<2>(24));
    check(depthwise::<3>(16));
}

/// Several tiles beside and below each other, with halos across their edges and cut off by the last one.
#[test]
fn beyond_one_tile() {
    let large = Cases { groups: 1..=3, batch: 1..=2, size: 15..=70, ..depthwise::<2>(24) };
    large.check(|case| Ok(assert_same(Depthwise, case)?));
    let padded = Cases { kernel: [1..=9, 1..=7], padding: 0..=9, stride: 1..=2, count: 16, ..large };
    padded.check(|case| Ok(assert_same(Depthwise, case)?));
    let long = Cases { groups: 1..=3, size: 250..=600, ..depthwise::<1>(16) };
    long.check(|case| Ok(assert_same(Depthwise, case)?));
    let grouped = Cases { size: 15..=30, batch: 1..=2, groups: 1..=2, ..grouped::<2>(12) };
    grouped.check(|case| Ok(assert_same(Grouped, case)?));
}

/// More channels than the 34 that the kernels copy weights of at a time, once twice as many, once not a multiple.
#[test]
fn several_slices() -> Result<()> {
    let spec = ConvSpec { padding: [2, 1], groups: 2, ..ConvSpec::<2>::default() };
    for channels in [68, 65] {
        let shape = spec.resolve(&[1, 2 * channels, 3, 4], &[2 * channels, channels, 5, 3])?;
        assert_same(Grouped, &Case { shape, seed: 3 })?;
    }
    Ok(())
}

/// Where what a tile reads is too large for shared memory, the other kernels take over; just below, they don't.
#[test]
fn steps_as_large_as_shared_memory_and_larger() -> Result<()> {
    let case = |stride, padding, dilation, kernel| -> Result<_> {
        let spec = ConvSpec { stride: [stride], padding: [padding], dilation: [dilation], groups: 2 };
        Ok(Case { shape: spec.resolve(&[2, 2, 900], &[4, 1, kernel])?, seed: 5 })
    };
    for (stride, padding, dilation, kernel) in [
        (47, 7, 1, 3),
        (48, 7, 1, 3),
        (400, 9, 1, 2),
        (1, 6000, 12_000, 2),
        (1, 7000, 12_500, 2),
        (1, 20_000, 20_001, 2),
    ] {
        assert_same(Depthwise, &case(stride, padding, dilation, kernel)?)?;
    }
    Ok(())
}

/// Two channels, one kernel each, small enough for a pencil: the first takes differences, the second sums.
#[test]
fn by_hand() -> Result<()> {
    let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
    let x = Tensor::new(&[1, 2, 5], vec![1.0, 2.0, 4.0, 7.0, 11.0, 1.0, 0.0, 2.0, 0.0, 3.0])?;
    let w = Tensor::new(&[2, 1, 2], vec![-1.0, 1.0, 1.0, 1.0])?;
    let dy = Tensor::new(&[1, 2, 4], vec![1.0, 0.0, 0.0, 2.0, 1.0, 1.0, 0.0, 0.0])?;
    fn check(algorithm: impl Convolution<GpuTensor, 1>, spec: &ConvSpec<1>, [x, w, dy]: [&Tensor; 3]) -> Result<()> {
        let algorithm = OnGpu(algorithm);
        assert_eq!(algorithm.forward(spec, x, w)?.data(), [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 2.0, 3.0]);
        let dx = algorithm.grad_input(spec, x.shape(), w, dy)?;
        assert_eq!(dx.data(), [-1.0, 1.0, 0.0, -2.0, 2.0, 1.0, 2.0, 1.0, 0.0, 0.0]);
        let dw = algorithm.grad_weight(spec, x, w.shape(), dy)?;
        assert_eq!(dw.data(), [1.0 + 2.0 * 7.0, 2.0 + 2.0 * 11.0, 1.0 + 0.0, 0.0 + 2.0]);
        Ok(())
    }
    check(Grouped, &spec, [&x, &w, &dy])?;
    check(Depthwise, &spec, [&x, &w, &dy])
}

/// The output, and the gradients of input, weight and bias that the tape finds.
fn taped<V: ChannelBias + 'static>(
    algorithm: &(impl Convolution<V, 2> + Clone + 'static),
    spec: &ConvSpec<2>,
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
    fn check(
        algorithm: impl Convolution<GpuTensor, 2> + Clone + 'static,
        spec: ConvSpec<2>,
        w: &[usize],
    ) -> Result<()> {
        let session = session();
        let [x, w, dy] = Case { shape: spec.resolve(&[2, 4, 6, 7], w)?, seed: 11 }.integers::<f32>();
        let b = Tensor::from_fn(&[w.shape()[0]], |k| k as f32 - 2.0)?;
        let inputs = [session.upload(&x)?, session.upload(&w)?, session.upload(&b)?];
        let got = taped(&algorithm, &spec, inputs, session.upload(&dy)?)?;
        for (got, expected) in got.iter().zip(taped(&Referee, &spec, [x, w, b], dy)?) {
            assert_eq!(got.download()?, expected);
        }
        Ok(())
    }
    check(Grouped, ConvSpec::new([2, 1], [1, 0], [1, 2], 2)?, &[6, 2, 3, 2])?;
    check(Depthwise, ConvSpec::new([2, 1], [1, 0], [1, 2], 4)?, &[8, 1, 3, 2])
}

#[test]
fn an_empty_batch_gives_an_empty_output_and_zero_gradients() -> Result<()> {
    fn check(algorithm: impl Convolution<GpuTensor, 2>) -> Result<()> {
        let (algorithm, spec) = (OnGpu(algorithm), ConvSpec { groups: 2, ..ConvSpec::default() });
        let (x, w) = (Tensor::<f32>::zeros(&[0, 2, 5, 5])?, Tensor::full(&[4, 1, 3, 3], 1.0)?);
        let y = algorithm.forward(&spec, &x, &w)?;
        assert_eq!(y.shape(), [0, 4, 3, 3]);
        assert_eq!(algorithm.grad_input(&spec, x.shape(), &w, &y)?, x);
        assert_eq!(algorithm.grad_weight(&spec, &x, w.shape(), &y)?, Tensor::zeros(w.shape())?);
        Ok(())
    }
    check(Grouped)?;
    check(Depthwise)
}

#[test]
fn refuses_what_it_is_not_for() -> Result<()> {
    let zeros = Tensor::<f32>::zeros;
    let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
    let (x, w, y) = (zeros(&[1, 4, 5])?, zeros(&[2, 2, 3])?, zeros(&[1, 2, 3])?);
    for result in [
        OnGpu(Depthwise).forward(&spec, &x, &w),
        OnGpu(Depthwise).grad_input(&spec, x.shape(), &w, &y),
        OnGpu(Depthwise).grad_weight(&spec, &x, w.shape(), &y),
    ] {
        let message = result.expect_err("two channels a group").to_string();
        assert_eq!(message, "input channels of a group: got 2, expected 1, as Depthwise takes; Grouped takes more");
    }

    let long = zeros(&[1, 1, 3073])?;
    let e = OnGpu(Grouped).forward(&ConvSpec::<1>::default(), &long, &long).unwrap_err().to_string();
    assert!(e.starts_with("kernel: got [3073], expected at most 3072 taps"), "{e}");

    let spec = ConvSpec { padding: [1 << 32], stride: [1 << 32], ..ConvSpec::<1>::default() };
    let (x, w) = (zeros(&[1, 1, 1])?, zeros(&[1, 1, 1])?);
    for e in [OnGpu(Grouped).forward(&spec, &x, &w).unwrap_err(), OnGpu(Depthwise).forward(&spec, &x, &w).unwrap_err()]
    {
        assert_eq!(
            e.to_string(),
            "padded width: got 8589934593, expected at most 2147483647: kernels count in 32 bits"
        );
    }
    Ok(())
}

/// How often an element of the input is loaded: by `Grouped` once for each tap and each four outputs of its group, by
/// `Depthwise` once, or as often as halos overlap on it.
#[test]
fn what_memory_moves() -> Result<()> {
    let session = session();
    if !session.is_simulated() {
        return Ok(());
    }
    // 16 channels in one group, four or sixteen.
    for groups in [1, 4, 16] {
        let spec = ConvSpec { padding: [1, 1], groups, ..ConvSpec::default() };
        let shape = spec.resolve(&[1, 16, 16, 64], &[16, 16 / groups, 3, 3])?;
        let [x, w, _] = Case { shape, seed: 1 }.reals::<f32>();
        let (x, w) = (session.upload(&x)?, session.upload(&w)?);
        let (_, seen) = profiles(|| Grouped.forward(&spec, &x, &w))?;
        let grouped = &seen[0];
        // Of the four products for each load, three are with zeros where a group has one channel.
        assert_eq!((grouped.launches, grouped.bank_conflicts()), (1, 0));
        let weights = grouped.blocks * (4 * 9 * shape.c * shape.k.min(4)) as u64;
        assert_eq!(4 * (grouped.global_load_bytes() - weights), grouped.flops() / 2 * 4, "{grouped}");
        if groups < 16 {
            continue;
        }

        // Tiles of 8 × 32, two by two, each with a halo of 1 but where the image ends; and its 9 weights.
        let (_, seen) = profiles(|| Depthwise.forward(&spec, &x, &w))?;
        let depthwise = &seen[0];
        assert_eq!((depthwise.blocks, depthwise.bank_conflicts()), (16 * 4, 0));
        assert_eq!(depthwise.global_load_bytes(), 4 * depthwise.blocks * (9 * 33 + 9));
        assert!(3 * depthwise.global_load_bytes() < grouped.global_load_bytes());

        // Its gradients load as much of dy, and of the input; the second loads its own dy beside that.
        let (_, seen) = profiles(|| Depthwise.grad_input(&spec, x.shape(), &w, &x))?;
        assert_eq!(seen[0].global_load_bytes(), depthwise.global_load_bytes());
        assert_eq!(seen[0].bank_conflicts(), 0);
        let (_, seen) = profiles(|| Depthwise.grad_weight(&spec, &x, w.shape(), &x))?;
        assert_eq!(seen[0].global_load_bytes(), 4 * (depthwise.blocks * 9 * 33 + x.len() as u64));
        assert_eq!(seen[0].bank_conflicts(), 0, "{}", seen[0]);
    }
    Ok(())
}
