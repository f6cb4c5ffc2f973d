//! How the lines of a pass fall into blocks.

use std::ops::Range;

/// Columns that one block of lines has at least, where the image allows: enough to outweigh its strip.
const COLUMNS: usize = 480;

/// How the lines of a pass fall into blocks, which are computed one by one.
#[derive(Debug, Clone, Copy)]
pub struct Blocks {
    planes: usize,
    lines: usize,
    /// Lines of a block; the last may have fewer.
    pub size: usize,
}

/// Lines that are computed together: `y` of the plane `z`.
pub struct Block {
    pub z: usize,
    pub y: Range<usize>,
}

/// Where planes may be cut.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// There is one plane, and it may be cut anywhere.
    Anywhere,
    /// The planes of a volume, into equal parts if need be.
    Evenly,
    /// Not at all.
    Nowhere,
}

impl Cut {
    /// For so many planes.
    pub fn of(planes: usize) -> Self {
        if planes == 1 { Self::Anywhere } else { Self::Evenly }
    }
}

impl Blocks {
    /// Blocks of the planes, lines and columns `size`: of as many lines as give [`COLUMNS`] columns, but at least
    /// `tasks` of them if that many are possible; of volumes, whole planes. And of fewer, down to one line, where a block's
    /// memory, `elements(lines)`, would be more than `most`.
    pub fn new(size: [usize; 3], cut: Cut, tasks: usize, most: usize, elements: impl Fn(usize) -> usize) -> Self {
        let [planes, lines, line] = size;
        let fits = |size: &usize| elements(*size) <= most;
        let size = match cut {
            Cut::Anywhere => {
                let size = COLUMNS.div_ceil(line).min(lines.div_ceil(tasks.max(1)));
                (1..=size).rev().find(fits).unwrap_or(1)
            }
            Cut::Evenly => (1..=lines).rev().filter(|size| lines.is_multiple_of(*size)).find(fits).unwrap_or(1),
            Cut::Nowhere => lines,
        };
        Self { planes, lines, size }
    }

    pub fn len(&self) -> usize {
        self.planes * self.lines.div_ceil(self.size)
    }

    pub fn get(&self, i: usize) -> Block {
        let (z, y) = (i / self.lines.div_ceil(self.size), i % self.lines.div_ceil(self.size) * self.size);
        Block { z, y: y..self.lines.min(y + self.size) }
    }
}
