//! Gather and scatter compared, as the simulated GPU counts.

use cuda_ch01_naive::Naive;
use cuda_ch05_transposed::{Gather, Scatter};
use host::GpuTensor;
use host::testing::{profiles, session};
use ptx::{Class, Profile};
use unrolled::testing::Case;
use unrolled::{ConvShape, ConvSpec, Convolution, Result};

/// What one doubles maps with: 16 × 16 places, stride 2, and this many taps.
fn doubling(taps: usize) -> Result<ConvShape<2>> {
    let spec = ConvSpec { stride: [2, 2], ..ConvSpec::default() };
    spec.resolve(&[2, 3, 30 + taps, 30 + taps], &[4, 3, taps, taps])
}

/// The profile of the last kernel of grad_input, which is the transposed convolution's forward pass.
fn profile(algorithm: &impl Convolution<GpuTensor, 2>, shape: &ConvShape<2>) -> Result<Profile> {
    let session = session();
    let [_, w, dy] = Case { shape: *shape, seed: 1 }.integers().map(|t| session.upload(&t));
    let (_, profiles) = profiles(|| algorithm.grad_input(&shape.spec, &shape.input_shape(), &w?, &dy?))?;
    Ok(profiles.into_iter().next_back().expect("a kernel"))
}

#[test]
fn all_multiply_each_pair_once_and_one_adds_atomically() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    let shape = doubling(4)?;
    let [naive, gather, scatter] = [profile(&Naive, &shape)?, profile(&Gather, &shape)?, profile(&Scatter, &shape)?];
    let atomic = |p: &Profile| p.class(Class::Atomic).threads;
    assert_eq!((atomic(&naive), atomic(&gather)), (0, 0));
    // One for each tap, place of the small map, and channel of the large one.
    assert_eq!(atomic(&scatter) as usize, 2 * 3 * (16 * 16) * (4 * 4));
    for p in [&naive, &gather, &scatter] {
        assert_eq!((p.flops() - atomic(p)) as f64, shape.flops(), "{p}");
        assert_eq!(p.global_load_bytes() as f64, 4.0 * shape.flops(), "{p}");
    }
    // The gather stores each element of the large map once. At each but the rim's, four stamps meet.
    assert_eq!(gather.global_store_bytes() as usize, 4 * shape.input_shape().iter().product::<usize>());
    assert_eq!(scatter.global_store_bytes(), 0);
    // It moves the least, and with fewer requests than chapter 1's, whose threads find their taps at different times.
    assert!(2 * gather.bytes_moved() < naive.bytes_moved(), "{naive}\n{gather}");
    assert!(3 * gather.bytes_moved() < 2 * scatter.bytes_moved(), "{scatter}\n{gather}");
    assert!(3 * gather.global_loads().warps < naive.global_loads().warps, "{naive}\n{gather}");
    assert!(gather.coalescing() > naive.coalescing(), "{naive}\n{gather}");
    Ok(())
}

/// With 3 taps at stride 2, even places get two taps along each axis and odd ones get one: the checkerboard, once more,
/// now as lanes that wait. With 4 taps all places get two.
#[test]
fn the_checkerboard_is_seen_in_the_lanes() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    let [naive, three, four] =
        [profile(&Naive, &doubling(4)?)?, profile(&Gather, &doubling(3)?)?, profile(&Gather, &doubling(4)?)?];
    assert!(naive.lane_efficiency() < 0.6, "{naive}");
    assert!(three.lane_efficiency() < 0.7, "{three}");
    assert!(four.lane_efficiency() > 0.8, "{four}");
    Ok(())
}
