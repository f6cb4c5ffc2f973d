//! The gradient of the weight, in the transform domain.
//!
//! The forward pass is y = Aᵀ \[(G g Gᵀ) ⊙ (Bᵀ d B)\] A for each tile, summed over channels. Its adjoint with
//! respect to g reads the same from the other end: dg = Gᵀ \[Σ over tiles of (A dy Aᵀ) ⊙ (Bᵀ d B)\] G. The sum
//! over tiles is a matrix product for each place, dU\[place\] `[K, C]` = dM\[place\] `[K, tiles]` · V\[place\]ᵀ
//! `[tiles, C]`.

use crate::tiles::{Block, Tiles};
use crate::transform::Spread;
use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Left, MatRef, Offsets, Right, Rows, STEP, multiply};
use unrolled::parallel::Tile;
use unrolled::strip::collect;
use unrolled::{Real, parallel, workspace};

/// The most tiles that are summed over at a time.
const MOST_TILES: usize = 256;

/// Sums that the tiles are dealt to, each of them a task. By the shape alone, as the result depends on it.
const PARTS: usize = 8;

/// How tiles fall into blocks: whole images, or parts of one.
struct Cut {
    images: usize,
    rows: usize,
    cols: usize,
    /// Blocks of an image along each axis.
    down: usize,
    right: usize,
}

impl Cut {
    /// Blocks of up to `most` tiles for images of `ty` × `tx`.
    fn new([ty, tx]: [usize; 2], most: usize, images: usize) -> Self {
        let cols = tx.min(most);
        let rows = (most / cols).min(ty);
        let images = (most / (ty * tx)).clamp(1, images);
        Self { images, rows, cols, down: ty.div_ceil(rows), right: tx.div_ceil(cols) }
    }

    /// Tiles of a full block.
    fn tiles(&self) -> usize {
        self.images * self.rows * self.cols
    }

    /// How many blocks there are.
    fn blocks(&self, images: usize) -> usize {
        images.div_ceil(self.images) * self.down * self.right
    }

    /// The images and the tiles of block `i`.
    fn get(&self, i: usize, [ty, tx]: [usize; 2], images: usize) -> (Range<usize>, Block) {
        let (n, row) = (i / (self.down * self.right) * self.images, i / self.right % self.down * self.rows);
        let col = i % self.right * self.cols;
        let block = Block { rows: row..ty.min(row + self.rows), cols: col..tx.min(col + self.cols) };
        (n..images.min(n + self.images), block)
    }
}

/// The sum over the tiles of all images, for one group; for some of its filters at a time, where the workspace is too small for
/// the sums of all. `dw` is `[K, C, R, S]`; `images` has the gradient of the
/// output `[K, Y, X]` and the input `[C, H, W]` of each.
pub fn grad_weight<T: Real>(tiles: &Tiles<T>, [k, c]: [usize; 2], images: &[[&[T]; 2]], dw: &mut [T]) {
    let (places, wide) = (tiles.places(), c.next_multiple_of(STEP));
    let most = (workspace::elements::<T>((5, 8)) / (places * wide)).clamp(1, k);
    if most < k {
        let (weights, grads) = (dw.len() / k, images.first().map_or(0, |[dy, _]| dy.len() / k));
        for (i, dw) in dw.chunks_mut(most * weights).enumerate() {
            let filters = dw.len() / weights;
            let part = i * most * grads..(i * most + filters) * grads;
            let images: Vec<_> = images.iter().map(|&[dy, x]| [&dy[part.clone()], x]).collect();
            grad_weight(tiles, [filters, c], &images, dw);
        }
        return;
    }
    let (count, held) = (tiles.count(), workspace::elements::<T>((1, 4)));
    let cut = Cut::new(count, (held / (places * (c + k)) / STEP * STEP).clamp(STEP, MOST_TILES), images.len());
    let blocks = cut.blocks(images.len());
    let size = places * k * wide;
    let parts = if size * PARTS <= held { PARTS.min(blocks) } else { 1 };

    // With one part, there is one task here, and the loops inside of it are shared out instead.
    let mut sums = Buffer::scratch(parts * size);
    parallel::chunks_mut(&mut sums, size, |part, du| {
        let stride = cut.tiles().next_multiple_of(STEP);
        let mut factors = Buffer::scratch(places * ((k + c) * stride + STEP));
        let first = part * blocks / parts;
        for i in first..(part + 1) * blocks / parts {
            let (of, block) = cut.get(i, count, images.len());
            transform(tiles, &images[of.clone()], [k, c], &block, &mut factors, stride);
            let beta = if i == first { T::ZERO } else { T::ONE };
            add_products([k, c], of.len() * block.tiles(), &factors, stride, beta, du);
        }
    });
    let (du, others) = sums.split_at_mut(size);
    for part in others.chunks(size) {
        du.iter_mut().zip(part).for_each(|(sum, &part)| *sum += part);
    }
    let taps = dw.len() / k;
    parallel::chunks_mut(dw, taps, |i, dw| filter(tiles, &du[i * wide..], k * wide, dw));
}

/// Transforms the tiles of a block, of the gradients and of the inputs: `[place, K + C, stride]`.
fn transform<T: Real>(
    tiles: &Tiles<T>,
    images: &[[&[T]; 2]],
    [k, c]: [usize; 2],
    block: &Block,
    factors: &mut [T],
    stride: usize,
) {
    let spreads = [Spread::of_gradients(tiles), Spread::of_inputs(tiles)];
    let channels = (k + c).div_ceil(4 * parallel::threads());
    let pitch = (k + c) * stride + STEP;
    parallel::tiles_mut(factors, pitch, (tiles.places(), channels * stride), |_, j, mut to| {
        let all = j * channels..(k + c).min((j + 1) * channels);
        for (which, count, before) in [(0, k, 0), (1, c, k)] {
            let (first, end) = (all.start.max(before), all.end.min(before + count));
            if first < end {
                let images: Vec<_> = images.iter().map(|image| image[which]).collect();
                let positions = images[0].len() / count;
                let part = (first - before) * positions..(end - before) * positions;
                let images: Vec<_> = images.into_iter().map(|image| &image[part.clone()]).collect();
                let to = &mut to.tile(0..tiles.places(), (first - all.start) * stride..(end - all.start) * stride);
                spreads[which].apply(&images, block, to, stride);
            }
        }
    });
}

// ANCHOR: sum
/// dU ← dM Vᵀ + β dU at each place, for `depth` tiles.
fn add_products<T: Real>([k, c]: [usize; 2], depth: usize, factors: &[T], stride: usize, beta: T, du: &mut [T]) {
    let wide = c.next_multiple_of(STEP);
    let (rows, steps, lines) = (Offsets::even(k, stride), Offsets::even(depth, 1), Offsets::even(depth, wide));
    parallel::chunks_mut(du, k * wide, |place, du| {
        let (dm, v) = factors[place * ((k + c) * stride + STEP)..].split_at(k * stride);
        let mut turned = Buffer::scratch(depth * wide);
        let v = MatRef::strided(v, c, depth, stride, 1).expect("C lines of tiles");
        v.t().pack(0..depth, 0..c, &mut turned, wide);
        let dm = Left { data: dm, rows: rows.span(), depth: steps.span() };
        let vt = Right { data: &turned, depth: lines.span() };
        multiply(T::ONE, &dm, &vt, 0, beta, &mut Tile::new(du, wide, k));
    });
}
// ANCHOR_END: sum

/// Gᵀ dU G for the filters of one output channel: from lines `[place]`, an element for each channel, which begin
/// `stride` apart, to `dw`, `[C, R, S]`.
fn filter<T: Real>(tiles: &Tiles<T>, du: &[T], stride: usize, dw: &mut [T]) {
    let ([ay, ax], kernel) = (&tiles.axes, Kernel::<T>::current());
    let taps = ay.r * ax.r;
    let long = (dw.len() / taps).next_multiple_of(STEP);
    let (down, right) = (Rows::new(&ay.gt, |i| i * ax.n * stride), Rows::new(&ax.gt, |j| j * long));
    let mut half = Buffer::scratch(ay.r * ax.n * long);
    let mut whole = Buffer::scratch(taps * long);
    for j in 0..ax.n {
        kernel.combine(&down, &du[j * stride..], &mut half[j * long..], ax.n * long, long);
    }
    for r in 0..ay.r {
        kernel.combine(&right, &half[r * ax.n * long..], &mut whole[r * ax.r * long..], long, long);
    }
    collect(taps, &whole, long, dw);
}
