//! The rows of the column matrix as views of a strip, and what lies between the lines of those views.

use unrolled::Real;
use unrolled::buffer::Buffer;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Left, Offsets, Right, Rounds, multiply, multiply_lines};
use unrolled::parallel::Tile;
use unrolled::strip::Strip;

/// Elements to have behind a right factor, so that whole vectors can be read up to its end.
pub fn slack<T: Real>() -> usize {
    Kernel::<T>::current().lanes()
}

/// P, for one product or for several with the same strip: for each tap, where its inputs begin. They lie in lines, and between
/// the lines are inputs whose products nobody wants.
pub struct Columns {
    products: Vec<Offsets>,
    /// Columns of a line, and elements from one line to the next.
    len: usize,
    pitch: usize,
    way: Way,
}

/// What is done about what lies between the lines.
enum Way {
    /// Each line is multiplied for itself.
    Lines,
    /// All is multiplied, and what nobody wants is left out of the result.
    Wide,
    /// The lines are copied first, so that nothing is between them.
    Tight(Tight),
}

/// The strip once for each shift along the width, with only the columns of each line. Taps below each other share a shift:
/// so this is a column matrix of the width alone (Cho, Brand, "MEC: Memory-efficient Convolution for Deep Neural
/// Network", 2017).
struct Tight {
    /// How far to the right each copy begins.
    shifts: Vec<usize>,
    /// Lines of the strip.
    lines: usize,
}

impl Columns {
    /// P for blocks of `[count, len]` columns, and products of `rows` rows, each with taps at these places in a strip.
    pub fn new(strip: &Strip, products: Vec<Offsets>, [count, len]: [usize; 2], rows: usize) -> Self {
        let (pitch, lines) = (strip.line(), strip.elements().div_ceil(strip.line()));
        let mut shifts: Vec<usize> =
            products.iter().flat_map(|places| places.span().values()).map(|place| place % pitch).collect();
        shifts.sort_unstable();
        shifts.dedup();

        // Each way in vectors of multiply-adds: those of the products, and copies of lines, which take longer.
        let lanes = Kernel::<f32>::current().lanes();
        let vectors = |columns: usize| columns.div_ceil(lanes);
        let taps: usize = products.iter().map(|places| places.span().values().len()).sum();
        let product = |vectors: usize| rows * taps * vectors;
        let results = products.len() * rows * count;
        let ends = if len.is_multiple_of(lanes) { 0 } else { END * results };
        let in_lines = product(count * vectors(len)) + ends;
        let wide = product(vectors((count - 1) * pitch + len)) + COPY * results * vectors(len);
        let tight = product(vectors(count * len)) + COPY * shifts.len() * lines * vectors(len);
        let way = match () {
            () if pitch == len || count == 1 || in_lines <= wide.min(tight) => Way::Lines,
            () if wide <= tight => Way::Wide,
            () => Way::Tight(Tight { shifts, lines }),
        };
        match &way {
            Way::Tight(tight) => {
                let products = products.iter().map(|places| tight.places(places, len, pitch)).collect();
                Self { products, len, pitch: len, way }
            }
            _ => Self { products, len, pitch, way },
        }
    }

    /// Elements taken beside the strip, for results of `[rows, count · len]`.
    pub fn workspace(&self, rows: usize, count: usize) -> usize {
        match &self.way {
            Way::Lines => 0,
            Way::Wide => rows * ((count - 1) * self.pitch + self.len),
            Way::Tight(tight) => tight.shifts.len() * tight.lines * self.len,
        }
    }

    /// What is multiplied, made of the strip that `fill` fills.
    pub fn read<T: Real>(&self, strip: &Strip, fill: impl FnOnce(&mut [T])) -> Buffer<T> {
        let mut data = Buffer::scratch(strip.elements() + slack::<T>());
        fill(&mut data);
        match &self.way {
            Way::Tight(tight) => tight.copy(&data, self.len, strip.line()),
            _ => data,
        }
    }

    // ANCHOR: multiply
    /// W P of one of the products, for the columns of `count` lines, `[K, count · len]`.
    pub fn multiply<T: Real>(&self, product: usize, w: &Left<'_, T>, data: &[T], count: usize, y: &mut Tile<'_, T>) {
        let (len, pitch) = (self.len, self.pitch);
        let p = Right { data, depth: self.products[product].span() };
        match self.way {
            _ if pitch == len || count == 1 => multiply(T::ONE, w, &p, 0, T::ZERO, y),
            Way::Wide => {
                let (rows, columns) = (w.rows.values().len(), (count - 1) * pitch + len);
                let mut wide = Buffer::scratch(rows * columns);
                multiply(T::ONE, w, &p, 0, T::ZERO, &mut Tile::new(&mut wide, columns, rows));
                let (kernel, lines) = (Kernel::<T>::current(), Rounds::lines(count, len, pitch, len));
                for (k, wide) in wide.chunks(columns).enumerate() {
                    kernel.deal(&lines, wide, y.row(k));
                }
            }
            _ => multiply_lines(T::ONE, w, &p, |line| line * pitch, len, T::ZERO, y),
        }
    }
    // ANCHOR_END: multiply
}

/// What the copy of a vector costs, and the end of a line that isn't a whole one, in multiply-adds of vectors.
const COPY: usize = 4;
const END: usize = 12;

impl Tight {
    /// Where taps at these places of the strip find their inputs here.
    fn places(&self, places: &Offsets, len: usize, pitch: usize) -> Offsets {
        let place = |place: &usize| {
            let shift = self.shifts.partition_point(|shift| *shift < place % pitch);
            (shift * self.lines + place / pitch) * len
        };
        places.span().values().iter().map(place).collect()
    }

    fn copy<T: Real>(&self, strip: &[T], len: usize, pitch: usize) -> Buffer<T> {
        let plane = self.lines * len;
        let mut tight = Buffer::scratch(self.shifts.len() * plane + slack::<T>());
        for (&shift, to) in self.shifts.iter().zip(tight.chunks_mut(plane)) {
            // The strip's last line may be short of columns that no tap reads.
            let whole = (strip.len() + pitch).saturating_sub(shift + len).div_euclid(pitch).min(self.lines);
            Kernel::<T>::current().deal(&Rounds::lines(whole, len, pitch, len), &strip[shift..], to);
            let rest = strip.get(shift + whole * pitch..).unwrap_or_default();
            to[whole * len..].iter_mut().zip(rest).for_each(|(to, &x)| *to = x);
        }
        tight
    }
}
