//! Tensors on the device are those of the host.

use host::testing::session;
use host::{GpuTensor, Session};
use proptest::prelude::*;
use unrolled::{ChannelBias, Result, Tensor, Value, Var};

/// Whole numbers from -8 to 8: sums of them are exact, in any order.
fn integers(shape: &[usize], seed: usize) -> Tensor {
    Tensor::from_fn(shape, |i| ((i * 7919 + seed * 104_729) % 17) as f32 - 8.0).expect("a small shape")
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.expect_err("an error").to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn there_and_back(shape in prop::collection::vec(0usize..6, 0..5), bits in any::<u32>()) {
        let bits: Vec<u32> = (0..shape.iter().product()).map(|i: usize| bits.wrapping_mul(i as u32 | 1)).collect();
        let tensor = Tensor::new(&shape, bits.iter().map(|&b| f32::from_bits(b)).collect())?;
        let there = session().upload(&tensor)?;
        prop_assert_eq!((there.shape(), there.len(), there.is_empty()), (&shape[..], bits.len(), bits.is_empty()));
        let back = there.download()?;
        prop_assert_eq!(back.shape(), &shape[..]);
        prop_assert_eq!(back.data().iter().map(|x| x.to_bits()).collect::<Vec<_>>(), bits.clone());
        prop_assert_eq!(session().upload_u32(&bits)?.download()?, bits);
    }

    #[test]
    fn adding_up_and_ones(shape in prop::collection::vec(0usize..12, 0..4), seed in 0usize..1000) {
        let [a, b] = [integers(&shape, seed), integers(&shape, seed + 1)];
        let session = session();
        let mut on_device = session.upload(&a)?;
        on_device.accumulate(&session.upload(&b)?)?;
        let mut on_host = a.clone();
        on_host.accumulate(&b)?;
        prop_assert_eq!(on_device.download()?, on_host);
        prop_assert_eq!(on_device.ones_like()?.download()?, a.ones_like()?);
    }

    /// Fewer and more positions than the 256 threads that sum up a channel.
    #[test]
    fn bias_and_its_gradient(
        n in 0usize..4,
        k in 0usize..5,
        positions in prop_oneof![Just(vec![]), prop::collection::vec(0usize..4, 1..4), (250usize..700).prop_map(|n| vec![n])],
        seed in 0usize..1000,
    ) {
        let shape = [&[n, k], &positions[..]].concat();
        let [y, bias] = [integers(&shape, seed), integers(&[k], seed + 1)];
        let session = session();
        let [y_device, bias_device] = [session.upload(&y)?, session.upload(&bias)?];
        prop_assert_eq!(y_device.sum_channels()?.download()?, y.sum_channels()?);
        prop_assert_eq!(y_device.add_bias(&bias_device)?.download()?, y.add_bias(&bias)?);
    }
}

#[test]
fn full_is_full() -> Result<()> {
    let x = session().full(&[3, 100], -0.25)?;
    assert_eq!(x.download()?, Tensor::full(&[3, 100], -0.25)?);
    assert_eq!(format!("{x:?}"), format!("GpuTensor [3, 100] on {}", session().name()));
    Ok(())
}

#[test]
fn who_writes_to_shared_elements_gets_a_copy() -> Result<()> {
    let session = session();
    let mut a = session.full(&[5], 1.0)?;
    let b = a.clone();
    a.accumulate(&b)?; // the summand is one of those that share
    a.accumulate(&a.clone())?;
    assert_eq!(a.download()?.data(), [4.0; 5]);
    assert_eq!(b.download()?.data(), [1.0; 5]);
    let c = b.clone().add_bias(&session.full(&[1], 2.0)?);
    assert_eq!(message(c), "input: got [5], expected at least two axes, [N, C, ...]");
    let c = b.clone().reshape(&[5, 1])?.add_bias(&session.full(&[1], 2.0)?)?;
    assert_eq!(c.download()?, Tensor::full(&[5, 1], 3.0)?);
    assert_eq!(b.download()?.data(), [1.0; 5]);
    Ok(())
}

#[test]
fn bad_shapes_are_refused() -> Result<()> {
    let session = session();
    let x = session.full(&[2, 3], 1.0)?;
    assert_eq!(message(x.clone().reshape(&[4])), "shape: got [4], expected 6 places, as [2, 3] has");
    assert_eq!(x.clone().reshape(&[3, 2, 1])?.shape(), [3, 2, 1]);
    let e = message(x.clone().accumulate(&session.full(&[3, 2], 1.0)?));
    assert_eq!(e, "summand: got [3, 2], expected the shape that it is added to, [2, 3]");
    assert_eq!(message(x.clone().add_bias(&session.full(&[2], 1.0)?)), "bias: got [2], expected [3], one per channel");
    assert_eq!(
        message(session.full(&[6], 1.0)?.sum_channels()),
        "input: got [6], expected at least two axes, [N, C, ...]"
    );
    let e = message(session.scratch(&[1 << 16, 1 << 15]));
    assert_eq!(e, "shape: got [65536, 32768], expected at most 2³¹ − 1 elements: kernels count in 32 bits");
    assert!(message(session.scratch(&[usize::MAX, 2])).starts_with("shape: got"));
    Ok(())
}

#[test]
fn the_tape_differentiates_tensors_on_the_device() -> Result<()> {
    let session = session();
    let x = Var::parameter(session.full(&[], 3.0)?);
    // y = x + x, each operand with an adjoint of its own, and then 2 y the same way
    let twice = |x: &Var<GpuTensor>| -> Result<Var<GpuTensor>> {
        let mut y = x.value();
        y.accumulate(&x.value())?;
        Ok(Var::op(y).input(x, Ok).input(x, Ok).var())
    };
    let y = twice(&twice(&x)?)?;
    assert_eq!(y.value().download()?.data(), [12.0]);
    y.backward()?;
    assert_eq!(x.grad().expect("a gradient").download()?.data(), [4.0]);
    assert_eq!(x.value().download()?.data(), [3.0]);
    Ok(())
}

#[test]
fn tensors_outlive_their_session_s_handle() -> Result<()> {
    let session = Session::new()?;
    let x = session.full(&[4], 1.5)?;
    drop(session);
    assert_eq!(x.download()?.data(), [1.5; 4]);
    let y = x.session().full(&[4], 1.0)?;
    drop(x);
    assert_eq!(y.download()?.data(), [1.0; 4]);
    Ok(())
}
