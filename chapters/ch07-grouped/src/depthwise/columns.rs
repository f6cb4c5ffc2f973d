//! The taps of a kernel, sorted by what they can share.

use unrolled::Real;

/// Taps of one column of the kernel that begin to read one row after the other, `R` of them.
#[derive(Debug, Clone, Copy)]
pub struct Column<W, const R: usize> {
    /// Where the first begins to read.
    pub offset: usize,
    /// What the taps are multiplied with (or their places in the kernel `[Q, R, S]`).
    pub taps: [W; R],
}

/// The taps of a kernel in columns. A row that several taps of a column read is loaded once for all.
#[derive(Debug, Clone, Default)]
pub struct Columns<W> {
    /// Three taps.
    pub threes: Vec<Column<W, 3>>,
    /// The others.
    pub ones: Vec<Column<W, 1>>,
}

impl<T: Real> Columns<T> {
    /// Makes these the columns of one or more kernels `[Q, R, S]`, of `taps` weights each, whose channels lie
    /// `apart` from each other.
    pub fn weigh(&mut self, columns: &Columns<usize>, kernels: &[T], taps: usize, apart: usize) {
        self.threes.clear();
        self.ones.clear();
        for (k, kernel) in kernels.chunks(taps).enumerate() {
            self.threes.extend(columns.threes.iter().map(|column| column.weighed(kernel, k * apart)));
            self.ones.extend(columns.ones.iter().map(|column| column.weighed(kernel, k * apart)));
        }
    }
}

impl<const R: usize> Column<usize, R> {
    fn weighed<T: Real>(&self, kernel: &[T], behind: usize) -> Column<T, R> {
        Column { offset: behind + self.offset, taps: self.taps.map(|tap| kernel[tap]) }
    }
}
