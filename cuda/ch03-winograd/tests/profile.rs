//! What the kernels cost, counted by the simulated GPU.

use cuda_ch03_winograd::Winograd;
use host::testing::{profiles, session};
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result};

/// Bytes of a memory transaction.
const SECTOR: u64 = 32;

/// Channels in and out, and tiles: a whole number of every kernel's blocks.
const C: u64 = 64;
const K: u64 = 32;
const TILES: u64 = 64;

/// The three passes for 8 × 8 tiles of M × M outputs: what each does, by its kernels.
fn check<const M: usize>() -> Result<()> {
    let session = session();
    if !session.is_simulated() {
        return Ok(());
    }
    let places = (M as u64 + 2).pow(2);
    let size = 8 * M;
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let shape = spec.resolve(&[1, C as usize, size, size], &[K as usize, C as usize, 3, 3])?;
    let [x, w, dy] = Case { shape, seed: 1 }.integers();
    let [x, w, dy] = [session.upload(&x)?, session.upload(&w)?, session.upload(&dy)?];

    let (_, forward) = profiles(|| Winograd::<M>.forward(&spec, &x, &w))?;
    let names: Vec<_> = forward.iter().map(|profile| profile.name()).collect();
    let of_size = |name: &str| format!("{name}_transform_{M}");
    assert_eq!(names, [&of_size("filter"), &of_size("input"), "batched_gemm", &of_size("output")]);
    let [filter, input, product, output] = &forward[..] else { unreachable!("four names") };
    for profile in &forward {
        assert_eq!(profile.bank_conflicts(), 0, "{profile}");
    }

    // Every place of the transform domain is written once, side by side.
    for (profile, elements) in [(filter, C * K), (input, C * TILES)] {
        let stores = profile.global_stores();
        assert_eq!(stores.bytes, 4 * places * elements, "{profile}");
        assert_eq!(stores.sectors * SECTOR, stores.bytes, "{profile}");
    }
    // And read once by what comes behind it.
    let loads = output.global_loads();
    assert_eq!(loads.bytes, 4 * places * K * TILES, "{output}");
    assert_eq!(loads.sectors * SECTOR, loads.bytes, "{output}");
    // Nothing is cut off here.
    assert_eq!(output.global_store_bytes(), 4 * K * (size * size) as u64, "{output}");

    // A multiplication for each place of a tile, input channel and output channel, where the definition has nine for
    // each output. Each factor is read once for every 32 rows or columns of the other.
    let multiplications = places * K * C * TILES;
    assert_eq!(product.flops(), 2 * multiplications);
    let direct = shape.flops();
    assert_eq!(direct / product.flops() as f64, if M == 2 { 2.25 } else { 4.0 });
    assert_eq!(product.global_load_bytes(), 4 * (2 * multiplications / 32), "{product}");
    assert_eq!(product.coalescing(), 1.0, "{product}");

    // The other products are as many, and fetch as little, whichever way their factors lie.
    let (_, grad_input) = profiles(|| Winograd::<M>.grad_input(&spec, &[1, C as usize, size, size], &w, &dy))?;
    let (_, grad_weight) = profiles(|| Winograd::<M>.grad_weight(&spec, &x, &[K as usize, C as usize, 3, 3], &dy))?;
    for profile in grad_input.iter().chain(&grad_weight) {
        assert_eq!(profile.bank_conflicts(), 0, "{profile}");
        if profile.name() == "batched_gemm" {
            assert_eq!(profile.flops(), 2 * multiplications, "{profile}");
            assert_eq!(profile.global_load_bytes(), 4 * (2 * multiplications / 32), "{profile}");
            assert_eq!(profile.coalescing(), 1.0, "{profile}");
        }
    }
    Ok(())
}

#[test]
fn f2() -> Result<()> {
    check::<2>()
}

#[test]
fn f4() -> Result<()> {
    check::<4>()
}
