//! The cost model: what a pass takes, from what it multiplies, what it moves, and what it waits for.
//!
//! Every algorithm here is made of a few kinds of work: products of blocks that lie in a cache, sums of lines, copies of lines,
//! and the way of whole tensors from and to memory. [`Model`] has a method for each, and an algorithm's forecast adds up its
//! calls of them, with the sizes that it makes them in. It is a sum, and not the longer of two, as on one thread copying and
//! multiplying take turns.
//!
//! The unit of time is a *step*: what a multiply-add of a vector takes at the machine's peak. On the machine that the constants
//! were measured on, a core of Zen 4 with vectors of sixteen `f32`, that is a cycle. They are what its micro-kernels take,
//! called by themselves with data in the nearest cache.

use crate::machine::Machine;
use std::ops::{Add, Mul};
use unrolled::gemm::DEPTH;
use unrolled::gemm::kernel::Kernel;
use unrolled::{Real, workspace};

// ANCHOR: prices
/// Of the peak, what multiply-adds reach that do nothing but alternate with loads.
const PACE: f64 = 0.96;

/// A product's call; each of its tiles; each vector of results, which is brought to the registers and back.
const PRODUCT: f64 = 100.0;
const TILE: f64 = 50.0;
const RESULT: f64 = 10.0;

/// A sum of lines: its call, each row, and each vector of each term, which is loaded, and not used again.
const SUM: f64 = 120.0;
const ROW: f64 = 8.0;
const TERM: f64 = 1.9;

/// A copy of a line, and each of its elements: lines are short, and begin anywhere.
const LINE: f64 = 14.0;
const ELEMENT: f64 = 0.4;

/// Packing an element for a product; turning rows into columns as well.
const PACK: f64 = 0.35;
const TURN: f64 = 0.8;

/// A call, in microseconds: finding memory, checking shapes. An entry of a table of offsets, in nanoseconds.
const CALL: f64 = 1.0;
const ENTRY: f64 = 1.5;
// ANCHOR_END: prices

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

    /// For `f32` on [`Machine::assumed`], with the micro-kernel of 512-bit vectors: forecasts that are the same on every machine,
    /// whatever its own vectors are.
    pub fn assumed(threads: usize) -> Self {
        Self { machine: Machine::assumed(threads), element: 4, tile: [8, 48, 16] }
    }

    /// Elements that a quarter of the workspace holds.
    pub fn held(&self) -> usize {
        workspace::limit() / 4 / self.element
    }

    /// Elements of a vector.
    pub fn lanes(&self) -> usize {
        self.tile[2]
    }

    /// So many steps.
    fn steps(&self, steps: f64) -> f64 {
        // The peak is that of `f32`: a vector of it has as many bytes as one of another type.
        let operations = 2.0 * (self.tile[2] * self.element / 4) as f64;
        steps * operations / (self.machine.peak * 1e9)
    }

    fn arithmetic(&self, steps: f64) -> Forecast {
        Forecast { arithmetic: self.steps(steps), ..Forecast::default() }
    }

    fn memory(&self, steps: f64) -> Forecast {
        Forecast { memory: self.steps(steps), ..Forecast::default() }
    }

    /// Multiply-adds one by one, each taking so many steps.
    pub fn one_by_one(&self, count: f64, steps: f64) -> Forecast {
        self.arithmetic(count * steps)
    }

    // ANCHOR: product
    /// A matrix product of `[rows, depth]` and `[depth, cols]`, by the micro-kernel.
    pub fn product(&self, rows: usize, cols: usize, depth: usize) -> Forecast {
        if rows == 0 || cols == 0 {
            return Forecast::default();
        }
        let [mr, nr, lanes] = self.tile;
        // Tiles are cut as evenly as possible. The last vector of a row may be partly empty, and takes as long as a full one.
        let vectors = cols.div_ceil(lanes);
        let (down, right) = (rows.div_ceil(mr), vectors.div_ceil(nr / lanes));
        let (h, v) = (rows as f64 / down as f64, vectors as f64 / right as f64);
        // A step of the depth loads v vectors, whatever h is: a low tile waits for them, and a small one for its own sums.
        let each = (h * v).max(2.0 * v + 2.0) / PACE;
        let blocks = depth.div_ceil(DEPTH).max(1) as f64;
        let tile = depth as f64 * each + blocks * (TILE + RESULT * h * v);
        self.arithmetic(PRODUCT + (down * right) as f64 * tile)
    }
    // ANCHOR_END: product

    /// A sum of lines of `len` elements: so many results, from so many terms in all.
    pub fn sum(&self, rows: f64, terms: f64, len: usize) -> Forecast {
        self.arithmetic(SUM + ROW * rows + TERM * terms * len.div_ceil(self.tile[2]) as f64)
    }

    // ANCHOR: lines
    /// Copies of so many lines of `len` elements, in a cache.
    pub fn lines(&self, count: f64, len: usize) -> Forecast {
        self.memory(count * (LINE + ELEMENT * len as f64 * self.wide()))
    }
    // ANCHOR_END: lines

    /// So many elements packed for a product.
    pub fn packed(&self, elements: f64) -> Forecast {
        self.memory(elements * PACK * self.wide())
    }

    /// So many elements packed for a product, and turned.
    pub fn turned(&self, elements: f64) -> Forecast {
        self.memory(elements * TURN * self.wide())
    }

    /// Elements of `f64` take twice the steps of copies, and their vectors have half as many.
    fn wide(&self) -> f64 {
        self.element as f64 / 4.0
    }

    // ANCHOR: streamed
    /// The way of so many elements from or to where they live: the smallest cache that holds `within` elements, or memory.
    pub fn streamed(&self, elements: f64, within: f64) -> Forecast {
        let bytes = self.element as f64;
        let memory = elements * bytes / (self.machine.bandwidth_within(within * bytes) * 1e9);
        Forecast { memory, ..Forecast::default() }
    }
    // ANCHOR_END: streamed

    /// A call with so many hand-overs to the other threads, and tables of so many entries.
    pub fn call(&self, handovers: usize, entries: usize) -> Forecast {
        let overhead = CALL + self.machine.handover * handovers as f64 + ENTRY * 1e-3 * entries as f64;
        Forecast { overhead: overhead * 1e-6, ..Forecast::default() }
    }

    // ANCHOR: serial
    /// What one thread does alone while the others wait.
    pub fn serial(&self, forecast: Forecast) -> Forecast {
        forecast * self.machine.threads
    }
    // ANCHOR_END: serial
}
