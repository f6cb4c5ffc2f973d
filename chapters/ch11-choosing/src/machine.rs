//! What the machine can do at most, measured: multiply-adds, and bytes.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::{Mutex, PoisonError};
#[cfg(not(target_family = "wasm"))]
use std::time::Instant;
#[cfg(not(target_family = "wasm"))]
use unrolled::{gemm, parallel};

/// The sizes of what is copied, for [`Machine::bandwidth`]: they fit into a second-level cache, into a third-level cache, and
/// into memory alone, on most machines of the day.
pub const SIZES: [usize; 4] = [256 << 10, 2 << 20, 12 << 20, 128 << 20];

/// A machine's ceilings for a number of threads, for `f32`.
///
/// Between them is all that a cost model needs to know of a machine: how long the arithmetic takes that must be done, and how
/// long the bytes take that must be moved. (Williams, Waterman, Patterson, "Roofline: An Insightful Visual Performance Model for
/// Multicore Architectures", 2009.)
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// Threads.
    pub threads: usize,
    /// Multiply-adds on registers, two operations each: GFLOP/s of all threads together.
    pub peak: f64,
    /// Bytes read and written, in GB/s, by a copy of [`SIZES`] bytes in all, source and copy together.
    pub bandwidth: [f64; 4],
    /// Microseconds that it takes to hand work over to the other threads and to wait for them; 0 for one thread.
    pub handover: f64,
}

impl Machine {
    /// A machine that nobody has measured: a core of 2023 with 512-bit vectors, so many times.
    pub fn assumed(threads: usize) -> Self {
        let n = threads as f64;
        let handover = if threads == 1 { 0.0 } else { 1.5 };
        Self { threads, peak: 116.0 * n, bandwidth: [160.0 * n, 100.0 * n, 80.0 * n, 25.0], handover }
    }

    /// This machine, measured: takes a fifth of a second or so.
    ///
    /// Whatever else runs meanwhile can only make it look slower than it is, so each number is the best of several.
    /// Where there is no clock (wasm) it is [`assumed`](Machine::assumed).
    pub fn measure(threads: usize) -> Self {
        #[cfg(target_family = "wasm")]
        return Self::assumed(threads);
        #[cfg(not(target_family = "wasm"))]
        Self {
            threads,
            peak: gemm::peak_of::<f32>(12, threads),
            bandwidth: bandwidth(threads),
            handover: if threads == 1 { 0.0 } else { handover(threads) },
        }
    }

    /// This machine, measured when the first caller asks for this number of threads, and then remembered.
    pub fn this(threads: usize) -> Self {
        static MEASURED: Mutex<BTreeMap<usize, Machine>> = Mutex::new(BTreeMap::new());
        let mut measured = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
        *measured.entry(threads).or_insert_with(|| Self::measure(threads))
    }

    /// GB/s for data that lie in `bytes` bytes: those of the smallest of the [`SIZES`] that holds them.
    pub fn bandwidth_within(&self, bytes: f64) -> f64 {
        let level = SIZES.iter().position(|&size| bytes <= size as f64).unwrap_or(SIZES.len() - 1);
        self.bandwidth[level]
    }

    // ANCHOR: roofline
    /// The seconds that no algorithm for the definition's `flops` operations on `bytes` of operands can stay below: the longer of
    /// what the arithmetic and the bytes take. Winograd's algorithm does, as it has fewer operations.
    pub fn roofline(&self, flops: f64, bytes: f64) -> f64 {
        (flops / self.peak).max(bytes / self.bandwidth_within(bytes)) / 1e9
    }
    // ANCHOR_END: roofline
}

/// The best of a few runs, in seconds.
#[cfg(not(target_family = "wasm"))]
fn best(runs: usize, mut run: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    (0..runs).map(time).fold(f64::INFINITY, f64::min)
}

// ANCHOR: bandwidth
#[cfg(not(target_family = "wasm"))]
fn bandwidth(threads: usize) -> [f64; 4] {
    SIZES.map(|bytes| {
        let from = vec![1.0_f32; bytes / 8];
        let mut to = vec![0.0_f32; bytes / 8];
        let part = to.len().div_ceil(threads);
        // Several times over, as a copy within a cache takes microseconds.
        let times = (SIZES[2] / bytes).max(1);
        let seconds = best(12, || {
            for _ in 0..times {
                parallel::chunks_mut(&mut to, part, |i, to| to.copy_from_slice(&from[i * part..][..to.len()]));
            }
        });
        (times * bytes) as f64 / seconds / 1e9
    })
}
// ANCHOR_END: bandwidth

#[cfg(not(target_family = "wasm"))]
fn handover(threads: usize) -> f64 {
    const TIMES: usize = 200;
    let nothing = || (0..TIMES).for_each(|_| parallel::for_each(threads, |i| _ = std::hint::black_box(i)));
    best(5, nothing) / TIMES as f64 * 1e6
}

impl Display for Machine {
    /// In one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} thread(s), peak {:.0} GFLOP/s; copies of", self.threads, self.peak)?;
        for (i, (size, bandwidth)) in SIZES.into_iter().zip(self.bandwidth).enumerate() {
            write!(f, "{} {} KiB {bandwidth:.0} GB/s", if i == 0 { "" } else { "," }, size >> 10)?;
        }
        match self.threads {
            1 => Ok(()),
            _ => write!(f, "; a hand-over {:.1} us", self.handover),
        }
    }
}
