//! Sub-grids and the direct kernel against the definition on the CPU.

use ch01_naive::Naive as Referee;
use ch04_dilated::SubGrids;
use cuda_ch01_naive::Naive;
use cuda_ch02_im2col::Implicit;
use cuda_ch03_winograd::Winograd;
use cuda_ch04_dilated::{Dilated, Direct, gather, kernels, scatter};
use host::GpuTensor;
use host::testing::{OnGpu, assert_matches_ptx, profiles, session};
use proptest::prop_assert_eq;
use unrolled::testing::{Case, Cases};
use unrolled::{ChannelBias, ConvSpec, Convolution, Result, Tensor, Var, conv};

#[test]
fn kernels_have_the_parameters_that_rust_passes() {
    assert_matches_ptx(kernels::sub_grids::PTX, kernels::sub_grids::SIGNATURES);
    assert_matches_ptx(kernels::direct::PTX, kernels::direct::SIGNATURES);
}

/// Dilations that divide the output and that don't, and such as are larger than it.
fn cases<const D: usize>(count: u32) -> Cases<D> {
    Cases { dilation: 1..=if D < 3 { 5 } else { 3 }, count, ..Cases::any() }
}

#[test]
fn on_sub_grids() {
    cases::<1>(48).stride_one().assert_f32(&OnGpu(Dilated(Naive)), &Referee);
    cases::<2>(48).stride_one().assert_f32(&OnGpu(Dilated(Naive)), &Referee);
    cases::<3>(24).stride_one().assert_f32(&OnGpu(Dilated(Naive)), &Referee);
}

#[test]
fn directly() {
    cases::<1>(48).assert_f32(&OnGpu(Direct), &Referee);
    cases::<2>(48).assert_f32(&OnGpu(Direct), &Referee);
    cases::<3>(24).assert_f32(&OnGpu(Direct), &Referee);
}

/// By algorithms with tiles in shared memory; Winograd's takes no dilation itself.
#[test]
fn on_sub_grids_by_other_algorithms() {
    cases::<2>(32).stride_one().assert_f32(&OnGpu(Dilated(Implicit)), &Referee);
    let winograd = Cases { size: 1..=20, tolerance: 4.0, ..cases::<2>(24) }.stride_one().kernel([3, 3]);
    winograd.assert_f32(&OnGpu(Dilated(Winograd::<2>)), &Referee); // exact on integers
}

/// Lines of several threads' lengths, and more of them than a block has.
#[test]
fn sub_grids_are_those_of_the_cpu() {
    let wide = Cases { size: 1..=40, ..cases::<2>(24) }.stride_one();
    let long = Cases { size: 1..=700, batch: 0..=2, ..cases::<1>(16) }.stride_one();
    fn check<const D: usize>(cases: Cases<D>) {
        cases.check(|case| {
            let session = session();
            let [x, _, dy] = case.integers::<f32>();
            let (input, output) = SubGrids::of(&case.shape)?;
            for (grids, whole) in [(input, x), (output, dy)] {
                let parts = grids.gather(&whole)?;
                let on_gpu = gather(&grids, &session.upload(&whole)?)?;
                prop_assert_eq!(&on_gpu.download()?, &parts);
                prop_assert_eq!(scatter(&grids, &on_gpu)?.download()?, grids.scatter(&parts)?);
            }
            Ok(())
        });
    }
    check(wide);
    check(long);
    check(cases::<3>(16).stride_one());
}

/// More channels than the direct kernel has weights of in shared memory at a time, and more outputs than a block has
/// threads.
#[test]
fn several_slices_and_blocks() -> Result<()> {
    let spec = ConvSpec { padding: [3, 2], dilation: [3, 2], ..ConvSpec::<2>::default() };
    let case = Case { shape: spec.resolve(&[1, 90, 18, 17], &[2, 90, 5, 5])?, seed: 3 };
    let [x, w, _] = case.integers::<f32>();
    assert_eq!(OnGpu(Direct).forward(&spec, &x, &w)?, Referee.forward(&spec, &x, &w)?);
    Ok(())
}

/// Four taps in the corners of a square of 3 × 3, on rows that count up: with dilation 2, the sum of four corners.
#[test]
fn by_hand() -> Result<()> {
    let spec = ConvSpec { dilation: [2, 2], ..ConvSpec::<2>::default() };
    let x: Tensor = Tensor::from_fn(&[1, 1, 3, 4], |i| i as f32)?;
    let w = Tensor::full(&[1, 1, 2, 2], 1.0)?;
    for y in [OnGpu(Dilated(Naive)).forward(&spec, &x, &w)?, OnGpu(Direct).forward(&spec, &x, &w)?] {
        assert_eq!(y.data(), [0.0 + 2.0 + 8.0 + 10.0, 1.0 + 3.0 + 9.0 + 11.0]);
    }
    let dy = Tensor::new(&[1, 1, 1, 2], vec![1.0, 10.0])?;
    let dx = OnGpu(Dilated(Naive)).grad_input(&spec, x.shape(), &w, &dy)?;
    assert_eq!(dx.data(), [1.0, 10.0, 1.0, 10.0, 0.0, 0.0, 0.0, 0.0, 1.0, 10.0, 1.0, 10.0]);
    let dw = OnGpu(Dilated(Naive)).grad_weight(&spec, &x, w.shape(), &dy)?;
    assert_eq!(dw.data(), [10.0, 32.0, 98.0, 120.0]);
    Ok(())
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
    let session = session();
    let spec = ConvSpec::new([1, 1], [2, 3], [2, 3], 2)?;
    let case = Case { shape: spec.resolve(&[2, 4, 6, 7], &[6, 2, 3, 2])?, seed: 11 };
    let [x, w, dy] = case.integers::<f32>();
    let b = Tensor::from_fn(&[6], |k| k as f32 - 2.0)?;
    let expected = taped(&Referee, &spec, [x.clone(), w.clone(), b.clone()], dy.clone())?;
    let inputs =
        || -> Result<_> { Ok(([session.upload(&x)?, session.upload(&w)?, session.upload(&b)?], session.upload(&dy)?)) };
    let ((on_grids, dy_1), (direct, dy_2)) = (inputs()?, inputs()?);
    for got in [taped(&Dilated(Naive), &spec, on_grids, dy_1)?, taped(&Direct, &spec, direct, dy_2)?] {
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(&got.download()?, expected);
        }
    }
    Ok(())
}

#[test]
fn an_empty_batch_gives_an_empty_output_and_zero_gradients() -> Result<()> {
    fn check(algorithm: impl Convolution<GpuTensor, 2>) -> Result<()> {
        let (algorithm, spec) = (OnGpu(algorithm), ConvSpec { dilation: [2, 2], ..ConvSpec::default() });
        let (x, w) = (Tensor::<f32>::zeros(&[0, 2, 5, 5])?, Tensor::full(&[3, 2, 2, 3], 1.0)?);
        let y = algorithm.forward(&spec, &x, &w)?;
        assert_eq!(y.shape(), [0, 3, 3, 1]);
        assert_eq!(algorithm.grad_input(&spec, x.shape(), &w, &y)?, x);
        assert_eq!(algorithm.grad_weight(&spec, &x, w.shape(), &y)?, Tensor::zeros(w.shape())?);
        Ok(())
    }
    check(Dilated(Naive))?;
    check(Direct)
}

#[test]
fn refuses_what_it_is_not_for() -> Result<()> {
    let zeros = Tensor::<f32>::zeros;
    let spec = ConvSpec::new([1, 2], [0, 0], [1, 2], 1)?;
    let (x, w) = (zeros(&[1, 1, 9, 9])?, zeros(&[1, 1, 3, 3])?);
    let dy = Referee.forward(&spec, &x, &w)?;
    let algorithm = OnGpu(Dilated(Naive));
    for result in [
        algorithm.forward(&spec, &x, &w),
        algorithm.grad_input(&spec, x.shape(), &w, &dy),
        algorithm.grad_weight(&spec, &x, w.shape(), &dy),
    ] {
        let text = result.unwrap_err().to_string();
        assert!(text.starts_with("stride of a dilated convolution: got [1, 2], expected 1"), "{text}");
    }

    // Two taps that are 2³³ apart: three phases of one output each, as the CPU has it, but kernels count in 32 bits.
    let spec = ConvSpec { padding: [1 << 32], dilation: [(1 << 33) + 1], ..ConvSpec::default() };
    let e = algorithm.forward(&spec, &zeros(&[1, 1, 4])?, &zeros(&[1, 1, 2])?).unwrap_err().to_string();
    assert!(e.starts_with("padded width: got ") && e.contains("32 bits") && e.lines().count() == 1, "{e}");

    let long = zeros(&[1, 1, 12_289])?;
    let e = OnGpu(Direct).forward(&ConvSpec::<1>::default(), &long, &long).unwrap_err().to_string();
    assert!(e.starts_with("kernel: got [12289], expected at most 12288 taps"), "{e}");

    let shape = ConvSpec { dilation: [2], ..ConvSpec::<1>::default() }.resolve(&[1, 2, 7], &[1, 2, 3])?;
    let (input, _) = SubGrids::of(&shape)?;
    let e = gather(&input, &session().upload(&zeros(&[1, 2, 8])?)?).unwrap_err().to_string();
    assert_eq!(e, "tensor: got [1, 2, 8], expected [1, 2, 7]");
    let e = scatter(&input, &session().upload(&zeros(&[1, 2, 4])?)?).unwrap_err().to_string();
    assert_eq!(e, "sub-grids: got [1, 2, 4], expected [2, 2, 4]");
    Ok(())
}

/// What the module's documentation says of memory: gathering at dilation 2 uses half of what is loaded and writes
/// everything in whole sectors; the direct kernel's loads are as good as without dilation, and its weights come once for
/// a block.
#[test]
fn what_memory_moves() -> Result<()> {
    let session = session();
    if !session.is_simulated() {
        return Ok(());
    }
    let spec = ConvSpec { dilation: [1, 2], padding: [1, 2], ..ConvSpec::default() };
    let shape = spec.resolve(&[1, 2, 16, 64], &[4, 2, 3, 3])?;
    let [x, w, _] = Case { shape, seed: 1 }.reals::<f32>();
    let (x, w) = (session.upload(&x)?, session.upload(&w)?);

    let (input, _) = SubGrids::of(&shape)?;
    let (_, seen) = profiles(|| gather(&input, &x))?;
    let (loads, stores) = (seen[0].global_loads(), seen[0].global_stores());
    assert_eq!(loads.bytes, 4 * x.len() as u64); // nothing is loaded twice
    assert!((2 * loads.bytes..3 * loads.bytes).contains(&(loads.sectors * ptx::SECTOR)), "{}", seen[0]);
    assert_eq!(stores.bytes, 4 * input.parts_shape().iter().product::<usize>() as u64);

    // The direct kernel's loads of weights: 2 channels of 3 × 3 for each block, of which there are 4 for each channel of
    // 1024 outputs. All others are of the input, and they use as much of each sector as without dilation.
    let (_, dilated) = profiles(|| Direct.forward(&spec, &x, &w))?;
    let dense = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let (_, dense) = profiles(|| Direct.forward(&dense, &x, &w))?;
    for profile in [&dilated[0], &dense[0]] {
        assert_eq!((profile.blocks, profile.bank_conflicts()), (4 * 4, 0));
        assert!(profile.coalescing() > 0.7, "{profile}");
    }
    let weights = 4 * 2 * 9 * dilated[0].blocks;
    assert_eq!(dilated[0].global_load_bytes() - weights, dilated[0].flops() / 2 * 4); // one input for each product
    Ok(())
}
