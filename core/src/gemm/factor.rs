//! The factors of a product as a micro-kernel reads them: through tables of offsets.

use std::ops::Range;

/// Where to find things in a slice: a list of offsets, with their maximum, so that one comparison
/// checks them all.
#[derive(Debug, Clone)]
pub struct Offsets {
    values: Vec<usize>,
    max: usize,
}

impl Offsets {
    /// `count` offsets in steps of `step`, from 0.
    pub fn even(count: usize, step: usize) -> Self {
        (0..count).map(|i| i * step).collect()
    }

    /// All of them.
    pub fn span(&self) -> Span<'_> {
        Span { values: &self.values, max: self.max }
    }
}

impl FromIterator<usize> for Offsets {
    fn from_iter<I: IntoIterator<Item = usize>>(offsets: I) -> Self {
        let values: Vec<_> = offsets.into_iter().collect();
        Self { max: values.iter().copied().max().unwrap_or(0), values }
    }
}

/// A part of [`Offsets`]; its maximum is still that of the whole.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    values: &'a [usize],
    max: usize,
}

impl<'a> Span<'a> {
    /// The offsets.
    pub fn values(&self) -> &'a [usize] {
        self.values
    }

    /// The largest offset of the whole.
    pub(super) fn max(&self) -> usize {
        self.max
    }

    /// The part `range` of this part.
    ///
    /// # Panics
    /// If it isn't inside.
    pub fn part(self, range: Range<usize>) -> Self {
        Self { values: &self.values[range], ..self }
    }
}

// ANCHOR: factors
/// A left factor: A(i, p) = `data[rows[i] + depth[p]]`.
#[derive(Debug, Clone, Copy)]
pub struct Left<'a, T> {
    /// The elements.
    pub data: &'a [T],
    /// Where each row begins.
    pub rows: Span<'a>,
    /// How far each step of the depth is from there.
    pub depth: Span<'a>,
}

/// A right factor: B(p, j) = `data[depth[p] + j]`.
#[derive(Debug, Clone, Copy)]
pub struct Right<'a, T> {
    /// The elements.
    pub data: &'a [T],
    /// Where each row begins.
    pub depth: Span<'a>,
}
// ANCHOR_END: factors

impl<'a, T> Left<'a, T> {
    /// Some rows and some steps of this factor.
    ///
    /// # Panics
    /// If there aren't as many.
    pub fn part(&self, rows: Range<usize>, depth: Range<usize>) -> Self {
        Self { data: self.data, rows: self.rows.part(rows), depth: self.depth.part(depth) }
    }
}
