//! The cost model: what a pass takes, from what it multiplies, what it moves, and what it waits for.
//!
//! A forecast is a sum. On one thread, copying and multiplying don't happen at the same time, and most algorithms here copy a
//! block into a cache, multiply it, and copy the result away. So each of them is described by a few calls of [`Model`]'s
//! methods, one for each thing that it does, with the sizes that it does it in.
//!
//! The constants below say how near to the machine's [ceilings](Machine) each thing comes. They are ratios, not
//! times, so that they hold on other machines too.

use crate::machine::Machine;
use std::ops::{Add, Mul};
use unrolled::Real;
use unrolled::gemm::kernel::Kernel;

/// What large matrix products reach of the peak.
const PRODUCT: f64 = 0.95;

/// A tile of the micro-kernel of h rows and v vectors loads h + v times for h · v multiply-adds, and a load takes as long as this
/// many of them where it can't hide.
const LOAD: f64 = 0.1;

/// A tile is brought to the registers and back once for a block of the depth: as long as this many steps of the depth.
const TILE: f64 = 12.0;

/// Sums of lines ([`Kernel::combine`]) read each vector that they add from a cache, and reach this of the peak.
const LINES: f64 = 0.33;

/// Lines of an image are short, and begin anywhere: copies of them reach this of what long copies do.
const COPY: f64 = 0.6;

/// Turning rows into columns, against copying them.
const TURN: f64 = 0.5;

/// One entry of a table of offsets, in nanoseconds.
const ENTRY: f64 = 1.5;

/// Finding memory, checking shapes, building what is built for each call: microseconds.
const CALL: f64 = 1.0;

/// Seconds, by what they are spent on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Forecast {
    /// On multiply-adds.
    pub arithmetic: f64,
    /// On copies, and on the way from and to memory.
    pub memory: f64,
    /// On whatever the size of the numbers' heap doesn't change: calls, tables, and waiting for other threads.
    pub overhead: f64,
}

impl Forecast {
    /// All of them.
    pub fn total(&self) -> f64 {
        self.arithmetic + self.memory + self.overhead
    }
}

impl Add for Forecast {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            arithmetic: self.arithmetic + other.arithmetic,
            memory: self.memory + other.memory,
            overhead: self.overhead + other.overhead,
        }
    }
}

/// So many times the same.
impl Mul<f64> for Forecast {
    type Output = Self;
    fn mul(self, times: f64) -> Self {
        Self { arithmetic: self.arithmetic * times, memory: self.memory * times, overhead: self.overhead * times }
    }
}

impl Mul<usize> for Forecast {
    type Output = Self;
    fn mul(self, times: usize) -> Self {
        self * times as f64
    }
}

/// Prices on a machine, for elements of one type. Work counts as shared out evenly over its threads.
#[derive(Debug, Clone, Copy)]
pub struct Model {
    /// The ceilings.
    pub machine: Machine,
    /// Bytes of an element.
    pub element: usize,
    /// Rows, columns and columns of a vector of the micro-kernel's tile.
    tile: [usize; 3],
}

impl Model {
    /// For elements of type `T`.
    pub fn new<T: Real>(machine: Machine) -> Self {
        let kernel = Kernel::<T>::current();
        Self { machine, element: size_of::<T>(), tile: [kernel.mr(), kernel.nr(), kernel.lanes()] }
    }

    /// Multiply-adds, two operations each, that reach `efficiency` of the peak.
    pub fn multiply_adds(&self, count: f64, efficiency: f64) -> Forecast {
        // The peak is that of `f32`; a vector holds half as many `f64`.
        let wide = self.element as f64 / 4.0;
        Forecast { arithmetic: 2.0 * count * wide / (efficiency * self.machine.peak * 1e9), ..Forecast::default() }
    }

    /// A matrix product of `[rows, depth]` and `[depth, cols]`, by the micro-kernel.
    pub fn product(&self, rows: usize, cols: usize, depth: usize) -> Forecast {
        if rows == 0 || cols == 0 {
            return Forecast::default();
        }
        let [mr, nr, lanes] = self.tile;
        // Tiles are cut as evenly as possible; the last vector of a row may be partly empty, and takes as long as a full one.
        let vectors = cols.div_ceil(lanes);
        let height = rows as f64 / rows.div_ceil(mr) as f64;
        let width = vectors as f64 / vectors.div_ceil(nr / lanes) as f64;
        let loads = 1.0 + LOAD * (height + width) / (height * width).sqrt() * (mr as f64 / height).sqrt();
        let (depth, blocks) = (depth as f64, depth.div_ceil(unrolled::gemm::DEPTH).max(1) as f64);
        let steps = depth + TILE * blocks;
        self.multiply_adds((rows * vectors * lanes) as f64 * steps, PRODUCT / loads)
    }

    /// Sums of lines with so many terms, for each element.
    pub fn lines(&self, terms: f64) -> Forecast {
        self.multiply_adds(terms, LINES)
    }

    /// Copies of so many elements, that lie in so many: read once, and written once.
    pub fn moved(&self, elements: f64, within: f64) -> Forecast {
        let bytes = self.element as f64;
        let bandwidth = COPY * self.machine.bandwidth_within(within * bytes) * 1e9;
        Forecast { memory: 2.0 * elements * bytes / bandwidth, ..Forecast::default() }
    }

    /// The same with rows turned into columns.
    pub fn turned(&self, elements: f64, within: f64) -> Forecast {
        self.moved(elements, within) * (1.0 / TURN)
    }

    /// The way of so many elements from or to where they live, beyond the caches' nearest: each once.
    pub fn streamed(&self, elements: usize) -> Forecast {
        let bytes = (elements * self.element) as f64;
        Forecast { memory: bytes / (self.machine.bandwidth_within(bytes) * 1e9), ..Forecast::default() }
    }

    /// A call with so many hand-overs to the other threads, and tables of so many entries.
    pub fn call(&self, handovers: usize, entries: usize) -> Forecast {
        let overhead = CALL + self.machine.handover * handovers as f64 + ENTRY * 1e-3 * entries as f64;
        Forecast { overhead: overhead * 1e-6, ..Forecast::default() }
    }

    /// What one thread does alone while the others wait.
    pub fn serial(&self, forecast: Forecast) -> Forecast {
        forecast * self.machine.threads
    }
}
