//! What the kernels do, as the simulated GPU counts it.

use cuda_ch01_naive::{Blockwise, Naive};
use host::GpuTensor;
use host::testing::{profiles, session};
use ptx::Profile;
use unrolled::testing::Case;
use unrolled::{ConvShape, ConvSpec, Convolution, Result};

/// The profiles of the three passes, of a convolution without padding and with outputs of 16 × 16.
fn passes(
    algorithm: &impl Convolution<GpuTensor, 2>,
    stride: usize,
    taps: usize,
) -> Result<(ConvShape<2>, [Profile; 3])> {
    let session = session();
    let spec = ConvSpec { stride: [stride; 2], ..ConvSpec::default() };
    let side = 15 * stride + taps;
    let shape = spec.resolve(&[2, 3, side, side], &[4, 3, taps, taps])?;
    let case = Case { shape, seed: 1 };
    let [x, w, dy] = case.integers().map(|t| session.upload(&t));
    let (_, profiles) = profiles(|| case.passes(algorithm, &[x?, w?, dy?]))?;
    Ok((shape, profiles.try_into().expect("three kernels")))
}

#[test]
fn each_pair_is_loaded_and_multiplied_once() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    for (stride, taps) in [(1, 3), (2, 3), (2, 4), (3, 2)] {
        let (shape, passes) = passes(&Naive, stride, taps)?;
        for pass in &passes {
            assert_eq!(pass.flops() as f64, shape.flops(), "{pass}");
            assert_eq!(pass.global_load_bytes(), 4 * pass.flops(), "{pass}");
        }
        let stored = passes.map(|pass| pass.global_store_bytes() as usize / 4);
        let elements = [shape.output_shape(), shape.input_shape(), shape.weight_shape()].map(|s| s.iter().product());
        assert_eq!(stored, elements);
    }
    Ok(())
}

#[test]
fn stride_costs_sectors_forward_and_lanes_backward() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    let (_, [forward, back, _]) = passes(&Naive, 1, 4)?;
    let (_, [strided_forward, strided_back, _]) = passes(&Naive, 2, 4)?;
    // Forward, neighbours read every other element of a row, and memory moves those between them too.
    assert!(strided_forward.global_loads().sectors as f64 > 1.5 * forward.global_loads().sectors as f64);
    assert_eq!(strided_forward.total().threads, forward.total().threads);
    // Backward, neighbours find their taps at different times.
    assert!(back.lane_efficiency() > 0.8 && strided_back.lane_efficiency() < 0.6, "{back}\n{strided_back}");
    Ok(())
}

/// A warp's part of the work, in instructions.
fn part(profile: &Profile) -> u64 {
    profile.total().warps / profile.threads.div_ceil(32)
}

#[test]
fn a_block_for_each_weight_has_more_threads_with_less_to_do() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    let (_, [_, _, alone]) = passes(&Naive, 1, 3)?;
    let (shape, [_, _, together]) = passes(&Blockwise, 1, 3)?;
    assert_eq!(together.threads, 128 * shape.weight_shape().iter().product::<usize>() as u64);
    assert!(part(&together) * 10 < part(&alone), "{alone}\n{together}");
    // Its neighbours read neighbouring positions, where those of the other are neighbouring taps.
    assert!(together.coalescing() > 0.8 && alone.coalescing() < 0.4, "{alone}\n{together}");
    Ok(())
}
