//! The gradient of the weight, in the transform domain.
//!
//! The forward pass is y = Aᵀ \[(G g Gᵀ) ⊙ (Bᵀ d B)\] A for each tile, summed over channels. Its adjoint with respect to g reads the
//! same from the other end: dg = Gᵀ \[Σ over tiles of (A dy Aᵀ) ⊙ (Bᵀ d B)\] G. The sum over tiles is a matrix product for each place,
//! dU\[place\] `[K, C]` = dM\[place\] `[K, tiles]` · V\[place\]ᵀ `[tiles, C]`.

use crate::lines::deal;
use crate::tiles::{Block, Tiles, kernel};
use crate::transform::Spread;
use unrolled::buffer::Buffer;
use unrolled::gemm::{Left, MatRef, Offsets, Right, Rows, STEP, multiply};
use unrolled::parallel::Tile;
use unrolled::{Real, parallel};

/// Elements of both factors that are held at a time: 16 MiB of `f32`.
const HELD: usize = 4 << 20;

/// The most tiles that are summed over at a time.
const MOST_TILES: usize = 512;

/// The sum over the tiles of all images, for one group: `dw` is `[K, C, R, S]`; `image(n)` gives the input `[C, H, W]`
/// and the gradient of the output `[K, Y, X]` of an image.
pub fn grad_weight<'a, T: Real>(
    tiles: &Tiles<T>,
    [k, c]: [usize; 2],
    images: impl Iterator<Item = [&'a [T]; 2]>,
    dw: &mut [T],
) {
    let places = tiles.places();
    let [ty, tx] = tiles.count();
    let most = (HELD / (places * (c + k))).clamp(STEP, MOST_TILES);
    let cols = tx.min(most);
    let rows = (most / cols).min(ty);

    let wide = c.next_multiple_of(STEP);
    let stride = (rows * cols).next_multiple_of(STEP);
    let mut du = Buffer::scratch(places * k * wide);
    let mut factors = Buffer::scratch(places * ((k + c) * stride + STEP));
    let mut beta = T::ZERO;
    for [x, dy] in images {
        for row in (0..ty).step_by(rows) {
            for col in (0..tx).step_by(cols) {
                let block = Block { rows: row..ty.min(row + rows), cols: col..tx.min(col + cols) };
                transform(tiles, [x, dy], [k, c], &block, &mut factors, stride);
                add_products([k, c], &block, &factors, stride, beta, &mut du);
                beta = T::ONE;
            }
        }
    }
    let taps = dw.len() / k;
    parallel::chunks_mut(dw, taps, |i, dw| filter(tiles, &du[i * wide..], k * wide, dw));
}

/// Transforms the tiles of a block, of the gradients and of the inputs: `[place, K + C, stride]`.
fn transform<T: Real>(
    tiles: &Tiles<T>,
    [x, dy]: [&[T]; 2],
    [k, c]: [usize; 2],
    block: &Block,
    factors: &mut [T],
    stride: usize,
) {
    let (gradients, inputs) = (Spread::of_gradients(tiles), Spread::of_inputs(tiles));
    let channels = (k + c).div_ceil(4 * parallel::threads());
    let pitch = (k + c) * stride + STEP;
    parallel::tiles_mut(factors, pitch, (tiles.places(), channels * stride), |_, j, mut to| {
        let all = j * channels..(k + c).min((j + 1) * channels);
        for (spread, image, count, before) in [(&gradients, dy, k, 0), (&inputs, x, c, k)] {
            let positions = image.len() / count;
            let (first, end) = (all.start.max(before), all.end.min(before + count));
            if first < end {
                let image = &image[(first - before) * positions..(end - before) * positions];
                let to = &mut to.tile(0..tiles.places(), (first - all.start) * stride..(end - all.start) * stride);
                spread.apply(&[image], block, to, stride);
            }
        }
    });
}

// ANCHOR: sum
/// dU ← dM Vᵀ + β dU at each place.
fn add_products<T: Real>([k, c]: [usize; 2], block: &Block, factors: &[T], stride: usize, beta: T, du: &mut [T]) {
    let (depth, wide) = (block.tiles(), c.next_multiple_of(STEP));
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

/// Gᵀ dU G for the filters of one output channel: from lines `[place]`, an element for each channel, which begin `stride` apart,
/// to `dw`, `[C, R, S]`.
fn filter<T: Real>(tiles: &Tiles<T>, du: &[T], stride: usize, dw: &mut [T]) {
    let ([ay, ax], kernel) = (&tiles.axes, kernel::<T>());
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
    deal(taps, &whole, long, dw);
}
