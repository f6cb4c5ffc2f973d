//! The two loops that everything comes down to.

use super::columns::{Column, Columns};
use unrolled::Real;
use unrolled::simd::vectorize;

/// Elements that are computed side by side: one to four vectors, by the machine.
pub const LANES: usize = 16;

/// Rows that are computed together, so that they share what they read.
pub const ROWS: usize = 4;

type Lanes<T> = [T; LANES];

/// Adds w · x.
#[inline(always)]
fn add<T: Real>(sum: &mut Lanes<T>, w: T, x: &Lanes<T>) {
    for lane in 0..LANES {
        sum[lane] += w * x[lane];
    }
}

/// Adds x · y.
#[inline(always)]
fn add_product<T: Real>(sum: &mut Lanes<T>, x: &Lanes<T>, y: &Lanes<T>) {
    for lane in 0..LANES {
        sum[lane] += x[lane] * y[lane];
    }
}

/// The elements from `at` on.
#[inline(always)]
fn lanes<T: Real>(x: &[T], at: usize) -> &Lanes<T> {
    x[at..].first_chunk().expect("a plane is long enough for its last block")
}

/// y = the sums over all taps, for rows of `width` results; `x` has rows of `pitch`.
pub fn sum_rows<T: Real>(taps: &Columns<T>, x: &[T], pitch: usize, y: &mut [T], width: usize) {
    vectorize(
        #[inline(always)]
        || {
            let rows = y.len() / width;
            // Where rows or columns are left over, the last block overlaps with the one before.
            let (blocks, last) = if rows < ROWS { (rows, rows - 1) } else { (rows.div_ceil(ROWS), rows - ROWS) };
            for block in 0..blocks {
                for column in 0..width.div_ceil(LANES) {
                    let column = (column * LANES).min(width.saturating_sub(LANES));
                    if rows < ROWS {
                        let sums = row_of_sums(taps, &x[block * pitch + column..], pitch);
                        store(&sums, &mut y[block * width..][..width], column);
                    } else {
                        let row = (block * ROWS).min(last);
                        let sums = block_of_sums(taps, &x[row * pitch + column..], pitch);
                        for j in 0..ROWS {
                            store(&sums[j], &mut y[(row + j) * width..][..width], column);
                        }
                    }
                }
            }
        },
    );
}

/// Writes sums to the row `y` from `at` on, as far as it goes.
#[inline(always)]
#[allow(clippy::manual_memcpy)] // with a copy, the compiler keeps the sums less well: 12 % slower
fn store<T: Real>(sums: &Lanes<T>, y: &mut [T], at: usize) {
    match y[at..].first_chunk_mut() {
        Some(y) => *y = *sums,
        None => {
            for i in at..y.len() {
                y[i] = sums[i - at];
            }
        }
    }
}

// ANCHOR: sums
/// The sums of four rows. A row of inputs that three taps of a column read is loaded once.
#[inline(always)]
fn block_of_sums<T: Real>(taps: &Columns<T>, x: &[T], pitch: usize) -> [Lanes<T>; ROWS] {
    let [mut a, mut b, mut c, mut d] = [[T::ZERO; LANES]; ROWS];
    for &Column { offset, taps: [w0, w1, w2] } in &taps.threes {
        add(&mut a, w0, lanes(x, offset));
        let x1 = lanes(x, offset + pitch);
        add(&mut a, w1, x1);
        add(&mut b, w0, x1);
        let x2 = lanes(x, offset + 2 * pitch);
        add(&mut a, w2, x2);
        add(&mut b, w1, x2);
        add(&mut c, w0, x2);
        let x3 = lanes(x, offset + 3 * pitch);
        add(&mut b, w2, x3);
        add(&mut c, w1, x3);
        add(&mut d, w0, x3);
        let x4 = lanes(x, offset + 4 * pitch);
        add(&mut c, w2, x4);
        add(&mut d, w1, x4);
        add(&mut d, w2, lanes(x, offset + 5 * pitch));
    }
    for &Column { offset, taps: [w] } in &taps.ones {
        add(&mut a, w, lanes(x, offset));
        add(&mut b, w, lanes(x, offset + pitch));
        add(&mut c, w, lanes(x, offset + 2 * pitch));
        add(&mut d, w, lanes(x, offset + 3 * pitch));
    }
    [a, b, c, d]
}
// ANCHOR_END: sums

/// The sums of one row.
#[inline(always)]
fn row_of_sums<T: Real>(taps: &Columns<T>, x: &[T], pitch: usize) -> Lanes<T> {
    let mut sums = [T::ZERO; LANES];
    for &Column { offset, taps: [w0, w1, w2] } in &taps.threes {
        add(&mut sums, w0, lanes(x, offset));
        add(&mut sums, w1, lanes(x, offset + pitch));
        add(&mut sums, w2, lanes(x, offset + 2 * pitch));
    }
    for &Column { offset, taps: [w] } in &taps.ones {
        add(&mut sums, w, lanes(x, offset));
    }
    sums
}

/// Partial sums for the gradient of each weight.
pub struct Dots<T> {
    threes: Vec<[Lanes<T>; 3]>,
    ones: Vec<Lanes<T>>,
}

impl<T: Real> Dots<T> {
    pub fn new(taps: &Columns<usize>) -> Self {
        Self { threes: vec![[[T::ZERO; LANES]; 3]; taps.threes.len()], ones: vec![[T::ZERO; LANES]; taps.ones.len()] }
    }

    /// Adds the products of whole blocks of dy, in rows of `width`, and of what each tap reads for them.
    pub fn add_rows(&mut self, taps: &Columns<usize>, x: &[T], pitch: usize, dy: &[T], width: usize) {
        vectorize(
            #[inline(always)]
            || {
                let rows = dy.len() / width;
                for row in (0..rows).step_by(if rows < ROWS { 1 } else { ROWS }) {
                    for column in (0..width).step_by(LANES) {
                        let (x, dy) = (&x[row * pitch + column..], &dy[row * width + column..]);
                        if rows < ROWS {
                            self.add_row(taps, x, pitch, lanes(dy, 0));
                        } else {
                            self.add_block(taps, x, pitch, dy, width);
                        }
                    }
                }
            },
        );
    }

    // ANCHOR: dots
    /// Four rows of dy. A row of inputs that three taps of a column read is loaded once.
    #[inline(always)]
    fn add_block(&mut self, taps: &Columns<usize>, x: &[T], pitch: usize, dy: &[T], width: usize) {
        let (d0, d1, d2, d3) = (*lanes(dy, 0), *lanes(dy, width), *lanes(dy, 2 * width), *lanes(dy, 3 * width));
        for (&Column { offset, .. }, dots) in taps.threes.iter().zip(&mut self.threes) {
            for r in 0..3 {
                let mut sum = dots[r]; // in registers
                add_product(&mut sum, &d0, lanes(x, offset + r * pitch));
                add_product(&mut sum, &d1, lanes(x, offset + (r + 1) * pitch));
                add_product(&mut sum, &d2, lanes(x, offset + (r + 2) * pitch));
                add_product(&mut sum, &d3, lanes(x, offset + (r + 3) * pitch));
                dots[r] = sum;
            }
        }
        for (&Column { offset, .. }, dots) in taps.ones.iter().zip(&mut self.ones) {
            let mut a = *dots;
            add_product(&mut a, &d0, lanes(x, offset));
            add_product(&mut a, &d1, lanes(x, offset + pitch));
            add_product(&mut a, &d2, lanes(x, offset + 2 * pitch));
            add_product(&mut a, &d3, lanes(x, offset + 3 * pitch));
            *dots = a;
        }
    }
    // ANCHOR_END: dots

    /// One row of dy.
    #[inline(always)]
    fn add_row(&mut self, taps: &Columns<usize>, x: &[T], pitch: usize, dy: &Lanes<T>) {
        for (&Column { offset, .. }, dots) in taps.threes.iter().zip(&mut self.threes) {
            for r in 0..3 {
                add_product(&mut dots[r], dy, lanes(x, offset + r * pitch));
            }
        }
        for (&Column { offset, .. }, dots) in taps.ones.iter().zip(&mut self.ones) {
            add_product(dots, dy, lanes(x, offset));
        }
    }

    /// Adds the partial sums up, each into the place of its tap in the kernel.
    pub fn write(&self, taps: &Columns<usize>, dw: &mut [T]) {
        let sum = |lanes: &Lanes<T>| lanes.iter().fold(T::ZERO, |sum, &lane| sum + lane);
        for (column, dots) in taps.threes.iter().zip(&self.threes) {
            column.taps.iter().zip(dots).for_each(|(&tap, lanes)| dw[tap] = sum(lanes));
        }
        for (column, lanes) in taps.ones.iter().zip(&self.ones) {
            dw[column.taps[0]] = sum(lanes);
        }
    }
}
