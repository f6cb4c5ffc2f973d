//! Tiles on their way into the transform domain, and back.
//!
//! Element (i, j) of every tile of a channel is a line of its own, and a transform adds up such lines, many
//! tiles at a time ([`Kernel::combine`]). A [`Strip`] of the image, dealt out by the tiles' distance m, has
//! these lines ready: tiles lie m apart, so what is at the same place of neighbouring tiles are neighbours in
//! the pile of its phase.

use crate::tiles::{Axis, Block, Matrix, Tiles};
use unrolled::Real;
use unrolled::buffer::Buffer;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Rows, STEP, copy_run};
use unrolled::parallel::Tile;
use unrolled::strip::{Strip, collect};

/// The way into the transform domain: a matrix for each axis, applied to the tiles of an image.
pub struct Spread<'a, T> {
    matrix: [&'a Matrix<T>; 2],
    /// Elements from one tile to the next.
    step: [usize; 2],
    /// Coordinate of the first tile's first element.
    start: [isize; 2],
    /// Size of the image.
    image: [usize; 2],
}

impl<'a, T: Real> Spread<'a, T> {
    /// For inputs, whose tiles of n × n overlap: Bᵀ d B.
    pub fn of_inputs(tiles: &'a Tiles<T>) -> Self {
        let [ay, ax] = &tiles.axes;
        Self { matrix: [&ay.bt, &ax.bt], step: [ay.m, ax.m], start: tiles.start, image: tiles.input }
    }

    /// For gradients of the output, whose tiles of m × m don't: A dy Aᵀ, the adjoint of the way back.
    pub fn of_gradients(tiles: &'a Tiles<T>) -> Self {
        let [ay, ax] = &tiles.axes;
        Self { matrix: [&ay.a, &ax.a], step: [ay.m, ax.m], start: [0, 0], image: tiles.output }
    }

    // ANCHOR: input
    /// Transforms the tiles of a block, of each channel of each image, `[C, H, W]` each, into rows `[place]` of
    /// `v`: tile t of channel c has column c · `stride` + t, and the tiles of the second image follow those of
    /// the first.
    pub fn apply(&self, images: &[&[T]], block: &Block, v: &mut Tile<'_, T>, stride: usize) {
        let ([my, mx], [height, width]) = (self.step, self.image);
        let (ny, nx) = (self.matrix[0].len(), self.matrix[1].len());
        let strip = self.strip(block);
        let long = ((block.rows.len() - 1) * strip.line() + block.cols.len() + self.beyond(1)).next_multiple_of(STEP);
        let down = Rows::new(self.matrix[0], |q| strip.offset(0, [0, q, 0]));
        let right = Rows::new(self.matrix[1], |q| q % mx * long + q / mx);
        // Lines are read in whole steps, from any place on: there is room behind the last.
        let mut d = Buffer::scratch(strip.elements() + strip.offset(0, [0, ny / my * my, 0]) + long);
        let mut half = Buffer::scratch(ny * mx * long + nx); // Bᵀ d
        let mut whole = Buffer::scratch(nx * long); // Bᵀ d B
        let kernel = Kernel::<T>::current();
        for c in 0..images[0].len() / (height * width) {
            for (image, pixels) in images.iter().enumerate() {
                strip.fill(&pixels[c * height * width..][..height * width], &mut d);
                for p in 0..mx {
                    kernel.combine(&down, &d[strip.offset(0, [0, 0, p])..], &mut half[p * long..], mx * long, long);
                }
                for i in 0..ny {
                    kernel.combine(&right, &half[i * mx * long..], &mut whole, long, long);
                    for (j, whole) in whole.chunks(long).enumerate() {
                        let row = &mut v.row(i * nx + j)[c * stride + image * block.tiles()..];
                        // Without what lies between the lines of the strip.
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

    /// How many of its successors a tile, which is as wide as its matrix, reaches into.
    fn beyond(&self, d: usize) -> usize {
        (self.matrix[d][0].len() - 1) / self.step[d]
    }

    /// The part of a channel that the tiles of a block see.
    fn strip(&self, block: &Block) -> Strip {
        let ([my, mx], [height, width]) = (self.step, self.image);
        let count = [1, block.rows.len() + self.beyond(0), block.cols.len() + self.beyond(1)];
        let first = |d: usize, tile: usize| self.start[d] + (tile * self.step[d]) as isize;
        let start = [0, first(0, block.rows.start), first(1, block.cols.start)];
        Strip::new(1, [1, height, width], [1, my, mx], [1, my, mx], count, start)
    }
}

/// The way back: Aᵀ m A for the tiles of a block.
pub struct Collect<'a, T: Real> {
    axes: &'a [Axis<T>; 2],
    block: &'a Block,
    /// Width of the output.
    width: usize,
    down: Rows<T>,
    right: Rows<T>,
    half: Buffer<T>,
    whole: Buffer<T>,
    kernel: Kernel<T>,
}

impl<'a, T: Real> Collect<'a, T> {
    /// For lines `[place]` that begin `stride` apart.
    pub fn new(tiles: &'a Tiles<T>, block: &'a Block, stride: usize) -> Self {
        let [ay, ax] = &tiles.axes;
        let long = block.tiles().next_multiple_of(STEP);
        Self {
            axes: &tiles.axes,
            block,
            width: tiles.output[1],
            down: Rows::new(&ay.at, |i| i * ax.n * stride),
            right: Rows::new(&ax.at, |j| j * long),
            half: Buffer::scratch(ay.m * ax.n * long), // Aᵀ m
            whole: Buffer::scratch(ay.m * ax.m * long + STEP),
            kernel: Kernel::current(),
        }
    }

    // ANCHOR: output
    /// Transforms one channel of one image: from `m`, whose lines begin `stride` apart, into `y`, which begins
    /// at the block's first output and goes to the end of its last line.
    pub fn apply(&mut self, m: &[T], stride: usize, y: &mut [T]) {
        let ([ay, ax], cols) = (self.axes, &self.block.cols);
        let long = self.block.tiles().next_multiple_of(STEP);
        for j in 0..ax.n {
            self.kernel.combine(&self.down, &m[j * stride..], &mut self.half[j * long..], ax.n * long, long);
        }
        for a in 0..ay.m {
            let to = &mut self.whole[a * ax.m * long..];
            self.kernel.combine(&self.right, &self.half[a * ax.n * long..], to, long, long);
        }
        // The outputs at one place of the tiles are a line as well; the last tiles may reach beyond the edge.
        let wide = (cols.len() * ax.m).min(self.width - cols.start * ax.m);
        for (line, y) in y.chunks_mut(self.width).enumerate() {
            let (row, a) = (line / ay.m, line % ay.m);
            collect(ax.m, &self.whole[a * ax.m * long + row * cols.len()..], long, &mut y[..wide]);
        }
    }
    // ANCHOR_END: output
}
