//! What the march saves, as the simulated GPU counts it.

use cuda_ch01_naive::Naive;
use cuda_ch06_conv3d::March;
use host::GpuTensor;
use host::testing::{profiles, session};
use ptx::Profile;
use unrolled::testing::Case;
use unrolled::{ConvShape, ConvSpec, Convolution, Result};

/// Four channels, and as many outputs as one block makes: 16 planes of 8 rows and 32 columns.
fn one_block(stride: usize) -> Result<ConvShape<3>> {
    let spec = ConvSpec { stride: [1, stride, stride], ..ConvSpec::default() };
    spec.resolve(&[1, 4, 18, 7 * stride + 3, 31 * stride + 3], &[4, 4, 3, 3, 3])
}

fn forward(algorithm: &impl Convolution<GpuTensor, 3>, shape: &ConvShape<3>) -> Result<Profile> {
    let session = session();
    let [x, w, _] = Case { shape: *shape, seed: 1 }.integers().map(|t| session.upload(&t));
    let (_, mut profiles) = profiles(|| algorithm.forward(&shape.spec, &x?, &w?))?;
    Ok(profiles.pop().expect("a kernel"))
}

#[test]
fn each_plane_is_read_once() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    let shape = one_block(1)?;
    let (naive, march) = (forward(&Naive, &shape)?, forward(&March, &shape)?);
    assert_eq!(march.blocks, 1);
    // For each of 18 planes and 4 channels: the plane, with a rim of one, and 27 weights of each output channel.
    assert_eq!(march.global_loads().threads, 18 * 4 * (10 * 34 + 4 * 27));
    assert_eq!(naive.global_loads().threads as f64, shape.flops());
    // So many operations for each byte that memory moves; chapter 1 has one for three bytes.
    assert!(march.intensity() > 15.0 && naive.intensity() < 0.4, "{naive}\n{march}");
    // What the planes at both ends add to outputs beyond them is for nothing.
    assert_eq!(march.flops() * 16, naive.flops() * 18);
    Ok(())
}

#[test]
fn neighbours_read_different_banks_unless_the_stride_is_even() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    assert_eq!(forward(&March, &one_block(1)?)?.bank_conflicts(), 0);
    assert!(forward(&March, &one_block(2)?)?.bank_conflicts() > 0);
    assert_eq!(forward(&March, &one_block(3)?)?.bank_conflicts(), 0);
    Ok(())
}
