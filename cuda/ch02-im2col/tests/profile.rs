//! What the ladder says of itself, counted by the simulated GPU.

use cuda_ch02_im2col::{Im2col, Implicit, Matrix, Rung, gemm};
use host::testing::{profiles, session};
use ptx::Profile;
use ptx::ir::{Op, Space};
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result};

/// Sizes that every tile divides.
const M: u64 = 256;
const N: u64 = 128;
const K: u64 = 32;

/// The profile of one product; transposed factors are stored so.
fn profile(rung: Rung, [a_transposed, b_transposed]: [bool; 2]) -> Result<Profile> {
    let session = session();
    let [m, n, k] = [M, N, K].map(|n| n as usize);
    let (a, b) = (session.full(&[m * k], 1.0)?, session.full(&[k * n], 1.0)?);
    let mut c = session.scratch(&[m, n])?;
    let a = if a_transposed { Matrix::new(&a, k, m).t() } else { Matrix::new(&a, m, k) };
    let b = if b_transposed { Matrix::new(&b, n, k).t() } else { Matrix::new(&b, k, n) };
    let ((), mut profiles) = profiles(|| gemm(rung, a, b, Matrix::new(&mut c, m, n), false))?;
    assert_eq!(profiles.len(), 1);
    Ok(profiles.remove(0))
}

fn shared_load_bytes(profile: &Profile) -> u64 {
    profile.sum(|op| matches!(op, Op::Ld { space: Space::Shared, .. })).bytes
}

#[test]
fn naive_loads_two_numbers_for_each_multiplication() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    let profile = profile(Rung::Naive, [false, false])?;
    assert_eq!(profile.flops(), 2 * M * N * K);
    assert_eq!(profile.global_load_bytes(), 2 * M * N * K * 4);
    // A warp asks for one element of A, and gets a sector of 8; together with 32 of B that is 33 of 40.
    let loads = profile.global_loads();
    assert_eq!(40 * loads.distinct_bytes, 33 * loads.sectors * ptx::SECTOR);
    Ok(())
}

/// Each element of A is read N / T times, each of B M / T times. All of a sector is used, and shared memory never
/// serves a warp twice, whichever way the factors lie in memory.
#[test]
fn tiles_are_read_as_often_as_they_must() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    for (rung, tile) in [(Rung::Tiled, 32), (Rung::Blocked, 64), (Rung::Vector, 128)] {
        for transposed in [[false, false], [true, false], [false, true], [true, true]] {
            let profile = profile(rung, transposed)?;
            let reads = (M * K) * (N / tile) + (K * N) * (M / tile);
            assert_eq!(profile.global_load_bytes(), reads * 4, "{profile}");
            assert_eq!(profile.global_store_bytes(), M * N * 4, "{profile}");
            assert_eq!(profile.coalescing(), 1.0, "{profile}");
            assert_eq!(profile.bank_conflicts(), 0, "{profile}");
            assert_eq!(profile.flops(), 2 * M * N * K, "{profile}");
            assert_eq!(profile.divergent_branches(), 0, "{profile}");
        }
    }
    Ok(())
}

/// Each rung loads less than the one before: from global memory at first, then from shared memory, too.
#[test]
fn each_rung_loads_less() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    let [naive, tiled, blocked, vector] = Rung::ALL.map(|rung| profile(rung, [false, false]));
    let [naive, tiled, blocked, vector] = [naive?, tiled?, blocked?, vector?];
    assert_eq!(naive.global_load_bytes(), 32 * tiled.global_load_bytes());
    assert_eq!(tiled.global_load_bytes(), 2 * blocked.global_load_bytes());
    assert_eq!(blocked.global_load_bytes(), 2 * vector.global_load_bytes());
    let products = M * N * K;
    assert_eq!(shared_load_bytes(&tiled), 2 * products * 4);
    assert_eq!(shared_load_bytes(&blocked), products / 2 * 4);
    assert_eq!(shared_load_bytes(&vector), products / 4 * 4);
    let instructions = [naive, tiled, blocked, vector].map(|profile| profile.total().threads);
    assert!(instructions.is_sorted_by(|more, less| more > less), "{instructions:?}");
    Ok(())
}

/// The implicit product spares at least the writing of the column matrix.
#[test]
fn implicit_moves_less() -> Result<()> {
    if !session().is_simulated() {
        return Ok(());
    }
    let session = session();
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let case = Case { shape: spec.resolve(&[1, 16, 16, 16], &[64, 16, 3, 3])?, seed: 1 };
    let [x, w, _] = case.reals::<f32>();
    let (x, w) = (session.upload(&x)?, session.upload(&w)?);
    let moved = |profiles: &[Profile]| profiles.iter().map(Profile::bytes_moved).sum::<u64>();
    let im2col = Im2col { rung: Some(Rung::Blocked), ..Im2col::default() };
    let (_, explicit) = profiles(|| im2col.forward(&spec, &x, &w))?;
    let (_, implicit) = profiles(|| Implicit.forward(&spec, &x, &w))?;
    assert_eq!((explicit.len(), implicit.len()), (2, 1));
    assert!(implicit[0].bank_conflicts() == 0, "{}", implicit[0]);
    let matrix = (case.shape.taps() * case.shape.positions_out()) as u64 * 4;
    assert!(moved(&implicit) + matrix <= moved(&explicit), "{} and {}", moved(&implicit), moved(&explicit));
    Ok(())
}
