//! Tiles, and their way into the transform domain and back.
//!
//! Of a tile of n × n inputs, element (i, j) of every tile of a channel is one line (see [`crate::lines`]). The strip of an
//! image, dealt out by the phases of the tiles' distance m, has these lines ready: tiles lie m apart, so the inputs at
//! the same place of neighbouring tiles are neighbours in the pile of their phase.

use crate::cook_toom::{CookToom, cook_toom};
use crate::lines::interleave;
use crate::rational::Rational;
use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Rows, STEP, copy_run};
use unrolled::parallel::Tile;
use unrolled::simd::Isa;
use unrolled::strip::Strip;
use unrolled::{Real, Result};

/// F(m, r) along one axis, ready to be applied.
#[derive(Debug, Clone)]
pub struct Axis<T> {
    /// Outputs of a tile.
    pub m: usize,
    /// Taps.
    pub r: usize,
    /// Inputs of a tile, and places of the transform domain.
    pub n: usize,
    at: Matrix<T>,
    a: Matrix<T>,
    g: Matrix<T>,
    gt: Matrix<T>,
    bt: Matrix<T>,
}

/// A matrix by its rows.
type Matrix<T> = Vec<Vec<T>>;

/// A matrix, rounded, and its transpose.
fn rounded<T: Real>(matrix: &[Vec<Rational>]) -> (Matrix<T>, Matrix<T>) {
    let number = |x: &Rational| T::of(x.f64());
    let rows = matrix.iter().map(|row| row.iter().map(number).collect()).collect();
    let columns = (0..matrix[0].len()).map(|j| matrix.iter().map(|row| number(&row[j])).collect()).collect();
    (rows, columns)
}

fn kernel<T: Real>() -> Kernel<T> {
    T::kernel(Isa::current())
}

impl<T: Real> Axis<T> {
    /// F(m, r); an axis of one tap needs no tiles, and gets F(1, 1), which is nothing at all.
    pub fn new(m: usize, r: usize) -> Result<Self> {
        let m = if r == 1 { 1 } else { m };
        let CookToom { at, g, bt } = cook_toom(m, r)?;
        let ((at, a), (g, gt), (bt, _)) = (rounded(&at), rounded(&g), rounded(&bt));
        Ok(Self { m, r, n: m + r - 1, at, a, g, gt, bt })
    }
}

/// The two axes of a tile, and where the tiles of an image lie.
#[derive(Debug, Clone)]
pub struct Tiles<T> {
    /// Height and width.
    pub axes: [Axis<T>; 2],
    /// Size of the input.
    pub input: [usize; 2],
    /// Size of the output.
    pub output: [usize; 2],
    /// Input coordinate of the first output's first tap: minus the padding.
    pub start: [isize; 2],
}

/// A rectangle of tiles.
#[derive(Debug, Clone)]
pub struct Block {
    /// Rows of tiles.
    pub rows: Range<usize>,
    /// Columns of tiles.
    pub cols: Range<usize>,
}

impl Block {
    /// How many tiles it has.
    pub fn len(&self) -> usize {
        self.rows.len() * self.cols.len()
    }
}

impl<T: Real> Tiles<T> {
    /// Rows and columns of tiles that cover the output.
    pub fn count(&self) -> [usize; 2] {
        std::array::from_fn(|d| self.output[d].div_ceil(self.axes[d].m))
    }

    /// Places of the transform domain, and so multiplications for each tile.
    pub fn places(&self) -> usize {
        self.axes[0].n * self.axes[1].n
    }

    /// What [`Spread::apply`] does to the inputs: Bᵀ d B.
    pub fn of_inputs(&self) -> Spread<'_, T> {
        let matrix = [&self.axes[0].bt, &self.axes[1].bt];
        let beyond = std::array::from_fn(|d| (self.axes[d].n - 1) / self.axes[d].m);
        Spread { matrix, step: self.steps(), beyond, start: self.start, image: self.input }
    }

    /// What [`Spread::apply`] does to gradients of the output, whose tiles of m × m don't overlap: A dy Aᵀ.
    pub fn of_gradients(&self) -> Spread<'_, T> {
        let matrix = [&self.axes[0].a, &self.axes[1].a];
        Spread { matrix, step: self.steps(), beyond: [0, 0], start: [0, 0], image: self.output }
    }

    /// Inputs from one tile to the next.
    fn steps(&self) -> [usize; 2] {
        [self.axes[0].m, self.axes[1].m]
    }

    // ANCHOR: output
    /// Aᵀ m A for the tiles of a block, of one channel of one image: from lines `[place]` of `m`, which begin
    /// `stride` apart, into `y`, which begins at the first output of the block and goes to the end of its last line.
    pub fn transform_output(&self, m: &[T], stride: usize, block: &Block, y: &mut [T], scratch: &mut [T]) {
        let ([ay, ax], kernel) = (&self.axes, kernel::<T>());
        let long = block.len().next_multiple_of(STEP);
        let (half, whole) = scratch.split_at_mut(ay.m * ax.n * long); // Aᵀ m, and that times A
        let (down, right) = (Rows::new(&ay.at, |i| i * ax.n * stride), Rows::new(&ax.at, |j| j * long));
        for j in 0..ax.n {
            kernel.combine(&down, &m[j * stride..], &mut half[j * long..], ax.n * long, long);
        }
        for a in 0..ay.m {
            kernel.combine(&right, &half[a * ax.n * long..], &mut whole[a * ax.m * long..], long, long);
        }
        let width = self.output[1] - block.cols.start * ax.m;
        for (line, y) in y.chunks_mut(self.output[1]).enumerate() {
            let (row, a) = (line / ay.m, line % ay.m);
            let from = &whole[a * ax.m * long + row * block.cols.len()..];
            interleave(ax.m, from, long, &mut y[..width.min(block.cols.len() * ax.m)]);
        }
    }
    // ANCHOR_END: output

    /// The scratch of [`Tiles::transform_output`], for blocks of up to `tiles` tiles.
    pub fn output_scratch(&self, tiles: usize) -> Buffer<T> {
        let [ay, ax] = &self.axes;
        // Whole steps are read from every place in a line: up to a step beyond the last.
        Buffer::full(ay.m * (ax.n + ax.m) * tiles.next_multiple_of(STEP) + STEP, T::ZERO)
    }

    // ANCHOR: filters
    /// G g Gᵀ for a block of filters: `[place, panel, depth, mr]`, panels of `mr` rows as the micro-kernel reads them, each
    /// [`Tiles::panel`] long.
    pub fn transform_filters(&self, taps: &Taps<'_, T>, group: usize, rows: Range<usize>, mr: usize, u: &mut [T]) {
        let [ay, ax] = &self.axes;
        let (count, long) = (ay.r * ax.r, Self::panel(taps.depth, mr));
        let (panels, pitch) = (rows.len().div_ceil(mr), long + STEP);
        let mut g = Buffer::full(count * pitch, T::ZERO);
        let mut half = Buffer::scratch(ay.n * ax.r * pitch); // G g
        let (down, right) = (Rows::new(&ay.g, |r| r * ax.r * pitch), Rows::new(&ax.g, |s| s * pitch));
        let kernel = kernel::<T>();
        for panel in 0..panels {
            let first = rows.start + panel * mr;
            taps.gather(group, first..rows.end.min(first + mr), count, &mut g, mr, pitch);
            for s in 0..ax.r {
                kernel.combine(&down, &g[s * pitch..], &mut half[s * pitch..], ax.r * pitch, long);
            }
            for i in 0..ay.n {
                let to = &mut u[(i * ax.n * panels + panel) * long..];
                kernel.combine(&right, &half[i * ax.r * pitch..], to, panels * long, long);
            }
        }
    }
    // ANCHOR_END: filters

    /// Elements of a panel of `mr` rows of transformed filters.
    pub fn panel(depth: usize, mr: usize) -> usize {
        (depth * mr).next_multiple_of(STEP)
    }

    /// Gᵀ dU G for the filters of one output channel: from lines `[place]` of `du`, one element for each channel, which begin
    /// `stride` apart, to `dw`, `[C, R, S]`.
    pub fn filter_gradient(&self, du: &[T], stride: usize, dw: &mut [T]) {
        let [ay, ax] = &self.axes;
        let count = ay.r * ax.r;
        let long = (dw.len() / count).next_multiple_of(STEP);
        let mut half = Buffer::scratch(ay.r * ax.n * long);
        let mut whole = Buffer::full(count * long + STEP, T::ZERO);
        let (down, right) = (Rows::new(&ay.gt, |i| i * ax.n * stride), Rows::new(&ax.gt, |j| j * long));
        let kernel = kernel::<T>();
        for j in 0..ax.n {
            kernel.combine(&down, &du[j * stride..], &mut half[j * long..], ax.n * long, long);
        }
        for r in 0..ay.r {
            kernel.combine(&right, &half[r * ax.n * long..], &mut whole[r * ax.r * long..], long, long);
        }
        interleave(count, &whole, long, dw);
    }
}

/// The step from an image to the transform domain: a matrix for each axis, applied to tiles.
pub struct Spread<'a, T> {
    matrix: [&'a Matrix<T>; 2],
    /// Elements from one tile to the next.
    step: [usize; 2],
    /// Tiles beyond the last that its elements reach into.
    beyond: [usize; 2],
    /// Coordinate of the first tile's first element.
    start: [isize; 2],
    /// Size of the image.
    image: [usize; 2],
}

impl<T: Real> Spread<'_, T> {
    // ANCHOR: input
    /// Transforms the tiles of a block, of each channel of each image, `[C, H, W]` each, into rows `[place]` of `v`, where tile t
    /// of channel c has column c · `stride` + t. The tiles of the second image follow those of the first.
    pub fn apply(&self, images: &[&[T]], block: &Block, v: &mut Tile<'_, T>, stride: usize) {
        let ([my, mx], [height, width]) = (self.step, self.image);
        let (ny, nx) = (self.matrix[0].len(), self.matrix[1].len());
        let count = [1, block.rows.len() + self.beyond[0], block.cols.len() + self.beyond[1]];
        let first = |d: usize, tile: usize| self.start[d] + (tile * self.step[d]) as isize;
        let start = [0, first(0, block.rows.start), first(1, block.cols.start)];
        let strip = Strip::new(1, [1, height, width], [1, my, mx], count, start);
        let long = (block.rows.len() * strip.line()).next_multiple_of(STEP);
        let mut d = Buffer::full(strip.elements() + self.beyond[0] * strip.line() + long, T::ZERO);
        let mut half = Buffer::full(ny * mx * long + self.beyond[1], T::ZERO); // Bᵀ d
        let mut whole = Buffer::scratch(nx * long); // Bᵀ d B
        let down = Rows::new(self.matrix[0], |q| strip.offset(0, [0, q, 0]));
        let right = Rows::new(self.matrix[1], |q| q % mx * long + q / mx);
        let kernel = kernel::<T>();
        for c in 0..images[0].len() / (height * width) {
            for (image, pixels) in images.iter().enumerate() {
                strip.fill(&pixels[c * height * width..][..height * width], &mut d);
                for p in 0..mx {
                    kernel.combine(&down, &d[strip.offset(0, [0, 0, p])..], &mut half[p * long..], mx * long, long);
                }
                for i in 0..ny {
                    kernel.combine(&right, &half[i * mx * long..], &mut whole, long, long);
                    for (j, whole) in whole.chunks(long).enumerate() {
                        // Without what lies between the lines.
                        let row = &mut v.row(i * nx + j)[c * stride + image * block.len()..];
                        for line in 0..block.rows.len() {
                            let to = &mut row[line * block.cols.len()..];
                            copy_run(&whole[line * strip.line()..], to, block.cols.len());
                        }
                    }
                }
            }
        }
    }
    // ANCHOR_END: input
}

/// Filters as a weight has them, for any direction of the convolution.
pub struct Taps<'a, T> {
    /// The weight.
    pub data: &'a [T],
    /// Channels that each filter sums over.
    pub depth: usize,
    /// Elements from one filter to the next, from one channel to the next, and from one group to the next.
    pub steps: [usize; 3],
    /// Whether the taps are read backwards.
    pub flip: bool,
}

impl<T: Real> Taps<'_, T> {
    /// Copies the filters `rows` of a group: tap t of row i and channel p to `g[t * pitch + p * mr + i]`.
    fn gather(&self, group: usize, rows: Range<usize>, count: usize, g: &mut [T], mr: usize, pitch: usize) {
        let [row, channel, groups] = self.steps;
        for p in 0..self.depth {
            for (i, k) in rows.clone().enumerate() {
                let taps = &self.data[group * groups + k * row + p * channel..][..count];
                for (t, &tap) in taps.iter().enumerate() {
                    let t = if self.flip { count - 1 - t } else { t };
                    g[t * pitch + p * mr + i] = tap;
                }
            }
        }
    }
}
