//! The shuffle against the CPU's, and the shuffled convolution against that of the definition.

use ch01_naive::Naive as Referee;
use ch08_shuffle::Shuffle;
use cuda_ch01_naive::Naive;
use cuda_ch07_grouped::Grouped;
use cuda_ch08_shuffle::{Shuffled, channel_shuffle, kernels, shuffle};
use host::testing::{OnGpu, assert_matches_ptx, profiles, session};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var};

#[test]
fn kernels_have_the_parameters_that_rust_passes() {
    assert_matches_ptx(kernels::PTX, kernels::SIGNATURES);
}

/// A tensor of numbers that are all different.
fn numbers(shape: &[usize]) -> Result<Tensor> {
    Tensor::from_fn(shape, |i| i as f32)
}

/// Shapes around a channel axis: rank 2 to 5, empty ones, one whose channels are longer than a block's threads.
const SHAPES: [(usize, &[usize]); 7] =
    [(2, &[]), (3, &[5]), (2, &[3, 4]), (1, &[2, 3, 2]), (0, &[3, 3]), (2, &[0, 3]), (2, &[20, 41])];

#[test]
fn moves_channels_as_the_cpu_does() -> Result<()> {
    let session = session();
    for channels in [1, 4, 6, 12, 18] {
        for groups in (1..=channels).filter(|groups| channels % groups == 0) {
            for (n, positions) in SHAPES {
                let x = numbers(&[&[n, channels], positions].concat())?;
                let there = Shuffle::new(channels, groups)?;
                let y = shuffle(there, &session.upload(&x)?)?;
                assert_eq!(y.download()?, there.apply(&x)?, "{channels} channels, {groups} groups, {positions:?}");
                assert_eq!(shuffle(there.inverse(), &y)?.download()?, x);
            }
        }
    }
    Ok(())
}

/// The layer's gradient is the CPU layer's.
#[test]
fn the_tape_differentiates_it() -> Result<()> {
    let session = session();
    for groups in [1, 2, 3, 6] {
        let (x, dy) = (numbers(&[2, 6, 5])?, numbers(&[2, 6, 5])?.map(|i| i * i));
        let (on_gpu, on_cpu) = (Var::parameter(session.upload(&x)?), Var::parameter(x));
        let y = channel_shuffle(&on_gpu, groups)?;
        let expected = ch08_shuffle::channel_shuffle(&on_cpu, groups)?;
        assert_eq!(y.value().download()?, expected.value());
        y.backward_from(session.upload(&dy)?)?;
        expected.backward_from(dy)?;
        assert_eq!(on_gpu.grad().expect("a parameter").download()?, on_cpu.grad().expect("a parameter"));
    }
    Ok(())
}

#[test]
fn a_shuffled_convolution() {
    let referee = ch08_shuffle::Shuffled(Referee);
    fn cases<const D: usize>(count: u32) -> Cases<D> {
        Cases { groups: 1..=4, count, ..Cases::any() }
    }
    cases::<1>(32).assert_f32(&OnGpu(Shuffled(Naive)), &referee);
    cases::<2>(32).assert_f32(&OnGpu(Shuffled(Grouped)), &referee);
    cases::<3>(16).assert_f32(&OnGpu(Shuffled(Grouped)), &referee);
}

#[test]
fn refuses_what_cannot_be_shuffled() -> Result<()> {
    let session = session();
    let refused = |shape: &[usize], groups, starts: &str| -> Result<()> {
        let x = Var::parameter(session.upload(&Tensor::zeros(shape)?)?);
        let message = channel_shuffle(&x, groups).expect_err("bad input").to_string();
        assert!(message.starts_with(starts) && message.lines().count() == 1, "{message}");
        Ok(())
    };
    refused(&[2, 6, 3], 0, "groups: got 0, expected a divisor of the channels, 6")?;
    refused(&[2, 6, 3], 4, "groups: got 4")?;
    refused(&[2, 0, 3], 1, "channels: got 0")?;
    refused(&[6], 2, "input: got [6], expected at least two axes")?;
    let e = shuffle(Shuffle::new(6, 2)?, &session.upload(&Tensor::zeros(&[2, 12])?)?).unwrap_err().to_string();
    assert_eq!(e, "input: got [2, 12], expected [N, 6, ...], as the shuffle has them");

    // A gradient whose channels the groups don't divide, either, is named for what it is.
    let spec = ConvSpec { groups: 2, ..ConvSpec::<2>::default() };
    let [x, w, _] = Case { shape: spec.resolve(&[1, 4, 3, 3], &[6, 2, 1, 1])?, seed: 1 }.integers::<f32>();
    let (algorithm, dy) = (OnGpu(Shuffled(Naive)), Tensor::zeros(&[1, 5, 3, 3])?);
    for result in [algorithm.grad_input(&spec, x.shape(), &w, &dy), algorithm.grad_weight(&spec, &x, w.shape(), &dy)] {
        let message = result.unwrap_err().to_string();
        assert!(message.starts_with("grad: got [1, 5, 3, 3]"), "{message}");
    }
    Ok(())
}

/// Every element is loaded once and stored once, and nothing beside it is moved.
#[test]
fn what_memory_moves() -> Result<()> {
    let session = session();
    if !session.is_simulated() {
        return Ok(());
    }
    let x = session.upload(&numbers(&[2, 12, 16, 10])?)?;
    let (_, seen) = profiles(|| shuffle(Shuffle::new(12, 3)?, &x))?;
    let bytes = 4 * x.len() as u64;
    assert_eq!((seen[0].global_load_bytes(), seen[0].global_store_bytes()), (bytes, bytes));
    assert_eq!((seen[0].bytes_moved(), seen[0].flops()), (2 * bytes, 0));

    let (_, seen) = profiles(|| shuffle(Shuffle::new(12, 1)?, &x))?;
    assert!(seen.is_empty(), "nothing moves");
    Ok(())
}
