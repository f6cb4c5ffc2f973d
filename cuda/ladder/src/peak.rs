//! What the device can do at most: the ceilings that the table measures against.

use crate::measure::measure;
use host::{Grid, Session, size};
use unrolled::{Result, Tensor};

host::kernels! {
    /// A kernel that only multiplies, and one that only copies.
    pub mod kernels from "peak.ptx";

    /// 128 operations of each thread in each of `steps`.
    fn peak(out: &mut GpuTensor, a: f32, b: f32, steps: u32);

    /// Copies `quads` times four elements.
    fn copy(from: &GpuTensor, to: &mut GpuTensor, quads: u32);
}

/// Threads of a block.
const THREADS: u32 = 256;

/// Multiply-adds and copies of this device: GFLOP/s and GB/s, reads and writes both counted.
///
/// # Errors
/// If a kernel fails.
pub fn ceilings(session: &Session) -> Result<[f64; 2]> {
    let (blocks, steps, len) = if session.is_simulated() { (16, 8, 1 << 18) } else { (1 << 12, 1 << 10, 1 << 27) };
    let mut out = session.scratch(&[blocks * THREADS as usize])?;
    let flops = 128.0 * f64::from(steps) * out.len() as f64;
    let seconds = measure(session, || {
        let grid = Grid::cover(out.len(), THREADS)?;
        kernels::peak(session, grid, &mut out, 0.999, 0.001, steps)
    })?;
    let from = session.upload(&Tensor::zeros(&[len])?)?;
    let mut to = session.scratch(&[len])?;
    let quads = size("quads", len / 4)?;
    let copying = measure(session, || kernels::copy(session, Grid::cover(len / 4, THREADS)?, &from, &mut to, quads))?;
    Ok([flops / seconds / 1e9, 8.0 * len as f64 / copying / 1e9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_are_those_of_the_ptx() {
        host::testing::assert_matches_ptx(kernels::PTX, kernels::SIGNATURES);
    }

    #[test]
    fn a_copy_copies_and_the_chains_are_as_said() -> Result<()> {
        let session = host::testing::session();
        let x = session.upload(&Tensor::from_fn(&[1000], |i| i as f32)?)?;
        let mut y = session.scratch(&[1000])?;
        kernels::copy(&session, Grid::cover(250, THREADS)?, &x, &mut y, 250)?;
        assert_eq!(y.download()?, x.download()?);

        let mut out = session.scratch(&[512])?;
        let ((), profiles) =
            host::testing::profiles(|| kernels::peak(&session, Grid::cover(512, THREADS)?, &mut out, 0.5, 0.25, 3))?;
        // x ← x/2 + 1/4 goes to 1/2, wherever it begins; eight chains, 24 times.
        assert!(out.download()?.data().iter().all(|sum| (sum - 4.0).abs() < 1e-3));
        if session.is_simulated() {
            assert_eq!(profiles[0].flops(), 512 * (128 * 3 + 7 + 7));
        }
        Ok(())
    }
}
