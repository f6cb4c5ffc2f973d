//! The rows of the column matrix as views of a strip, and what lies between the lines of those views.

use unrolled::Real;
use unrolled::buffer::Buffer;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Left, Offsets, Right, STEP, copy_run, multiply};
use unrolled::parallel::Tile;
use unrolled::simd::vectorize;
use unrolled::strip::Strip;

/// Elements to have behind a right factor, so that whole vectors can be read up to its end.
pub fn slack<T: Real>() -> usize {
    Kernel::<T>::current().lanes()
}

/// P: for each tap, where its inputs begin in a strip. They lie in lines, and between the lines are inputs whose products
/// nobody wants.
pub struct Columns {
    places: Offsets,
    /// Columns of a line, and elements of the strip from one to the next.
    len: usize,
    pitch: usize,
    /// The same in a strip without gaps, if that pays.
    tight: Option<Tight>,
}

/// The strip once for each shift along the width, with only the columns of each line. Taps below each other share a shift:
/// so this is a column matrix of the width alone (Cho, Brand, "MEC: Memory-efficient Convolution for Deep Neural
/// Network", 2017).
struct Tight {
    places: Offsets,
    /// How far to the right each copy begins.
    shifts: Vec<usize>,
    /// Lines of the strip.
    lines: usize,
}

impl Columns {
    /// P for blocks of `[count, len]` columns, of taps at these places in a strip, and products of `rows` rows.
    pub fn new(strip: &Strip, places: Offsets, [count, len]: [usize; 2], rows: usize) -> Self {
        let pitch = strip.line();
        let lanes = Kernel::<f32>::current().lanes();
        let vectors = |columns: usize| columns.div_ceil(lanes);
        let saved = vectors((count - 1) * pitch + len).saturating_sub(vectors(count * len));
        let taps = places.span().values();
        let mut shifts: Vec<usize> = Vec::new();
        if saved > 0 {
            shifts.extend(taps.iter().map(|place| place % pitch));
            shifts.sort_unstable();
            shifts.dedup();
        }
        let lines = strip.elements() / pitch;
        // A short copy takes as long as a few multiply-adds of vectors.
        const COPY: usize = 6;
        let pays = rows * taps.len() * saved > COPY * shifts.len() * lines * len.div_ceil(STEP);
        let tight = pays.then(|| {
            let place = |place: &usize| {
                let shift = shifts.partition_point(|shift| *shift < place % pitch);
                (shift * lines + place / pitch) * len
            };
            Tight { places: taps.iter().map(place).collect(), shifts, lines }
        });
        Self { places, len, pitch, tight }
    }

    /// Elements that [`multiply`](Self::multiply) takes for itself, for results of `[rows, count · len]`.
    pub fn workspace(&self, rows: usize, count: usize) -> usize {
        match &self.tight {
            _ if self.pitch == self.len || count == 1 => 0,
            Some(tight) => tight.shifts.len() * tight.lines * self.len,
            None => rows * ((count - 1) * self.pitch + self.len),
        }
    }

    // ANCHOR: multiply
    /// W P for the columns of `count` lines of a strip, `[K, count · len]`.
    pub fn multiply<T: Real>(&self, w: &Left<'_, T>, strip: &[T], count: usize, y: &mut Tile<'_, T>) {
        let (len, pitch) = (self.len, self.pitch);
        let as_it_is = Right { data: strip, depth: self.places.span() };
        if pitch == len || count == 1 {
            return multiply(T::ONE, w, &as_it_is, 0, T::ZERO, y);
        }
        if let Some(tight) = &self.tight {
            let data = tight.copy(strip, len, pitch);
            return multiply(T::ONE, w, &Right { data: &data, depth: tight.places.span() }, 0, T::ZERO, y);
        }
        let (rows, columns) = (w.rows.values().len(), (count - 1) * pitch + len);
        let mut wide = Buffer::scratch(rows * columns);
        multiply(T::ONE, w, &as_it_is, 0, T::ZERO, &mut Tile::new(&mut wide, columns, rows));
        for (k, wide) in wide.chunks(columns).enumerate() {
            for line in 0..count {
                copy_run(&wide[line * pitch..], &mut y.row(k)[line * len..], len);
            }
        }
    }
    // ANCHOR_END: multiply
}

impl Tight {
    fn copy<T: Real>(&self, strip: &[T], len: usize, pitch: usize) -> Buffer<T> {
        let mut tight = Buffer::scratch(self.shifts.len() * self.lines * len + slack::<T>());
        vectorize(
            #[inline(always)]
            || {
                for (i, shift) in self.shifts.iter().enumerate() {
                    for line in 0..self.lines {
                        // The strip's last line may be short of columns that no tap reads.
                        let from = &strip[(shift + line * pitch).min(strip.len())..];
                        let to = &mut tight[(i * self.lines + line) * len..];
                        copy_run(from, to, len.min(from.len()));
                    }
                }
            },
        );
        tight
    }
}
