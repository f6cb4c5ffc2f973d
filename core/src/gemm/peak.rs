//! The machine's limit, measured: how fast can multiply-adds on registers go?

use super::kernel::{CHAINS, Kernel};
use crate::parallel;
use crate::real::Real;
use std::time::Instant;

/// Peak multiply-add rate of `threads` threads for elements of type `T`, in GFLOP/s; the best of many
/// short runs, a fifth of a second together: whatever else the machine does can only slow some of them.
pub fn peak<T: Real>(threads: usize) -> f64 {
    peak_of::<T>(60, threads)
}

/// [`peak`] as the best of so many runs of some milliseconds.
pub fn peak_of<T: Real>(runs: usize, threads: usize) -> f64 {
    const STEPS: usize = 1_000_000;
    let kernel = Kernel::<T>::current();
    let flops = 2.0 * (threads * STEPS * CHAINS * kernel.lanes()) as f64;
    let run = || {
        let start = Instant::now();
        parallel::for_each(threads, |_| kernel.run_peak(STEPS));
        start.elapsed().as_secs_f64()
    };
    flops / (0..runs).map(|_| run()).fold(f64::INFINITY, f64::min) / 1e9
}
