//! The version that never writes the column matrix down: the micro-kernel reads its rows where they
//! are, in a strip of the image ([`unrolled::strip`]).
//!
//! All three passes are products of a table-driven left and right factor:
//!
//! ```text
//! forward       y  [K, x]    =  W [K, taps]             ·  P  [taps, x]       P: views of a strip of the input
//! grad_input    dx [C, x]    =  Wᵀ [C, K · taps]        ·  dP [K · taps, x]   dP: views of a strip of dy
//! grad_weight   dWᵀ [taps, K]  =  P [taps, positions]   ·  dyᵀ [positions, K]
//! ```
//!
//! [`unrolled::phases`] has the offsets of the second, which has a stride to undo.

use crate::columns::{Columns, slack};
use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Left, MatRef, Offsets, Panels, Right, multiply};
use unrolled::parallel::Tile;
use unrolled::phases::Reach;
use unrolled::strip::Strip;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, parallel};

/// Convolution as three matrix products, without the column matrix.
///
/// Work is split over images and groups and, where those are few, over lines or channels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fused;

/// Columns that one block of lines has at least, where the image allows: enough to outweigh its strip.
const COLUMNS: usize = 480;

/// Weights above this many elements are packed: the cache is too small to find them by their offsets.
const FEW: usize = 16 * 1024;

/// Tasks that `grad_weight` is cut into. By the shape alone, as its sums depend on the cut.
const PARTS: usize = 8;

/// A weight of more elements than this is summed in one part: partial sums would take more memory
/// than it is worth.
const SMALL: usize = 256 * 1024;

/// How the lines of a pass fall into blocks, which are computed one by one.
#[derive(Debug, Clone, Copy)]
struct Blocks {
    planes: usize,
    lines: usize,
    /// Lines of a block; the last may have fewer.
    size: usize,
}

/// Lines that are computed together: `y` of the plane `z`.
struct Block {
    z: usize,
    y: Range<usize>,
}

impl Blocks {
    /// Blocks of as many lines as give [`COLUMNS`] columns, but at least `tasks` of them if that many
    /// are possible. A volume, of more than one plane in `size`, is cut into whole planes.
    fn new([planes, lines, line]: [usize; 3], size: [usize; 3], tasks: usize) -> Self {
        let size = match size[0] {
            1 => COLUMNS.div_ceil(line).min(lines.div_ceil(tasks.max(1))),
            _ => lines,
        };
        Self { planes, lines, size }
    }

    fn len(&self) -> usize {
        self.planes * self.lines.div_ceil(self.size)
    }

    fn get(&self, i: usize) -> Block {
        let (z, y) = (i / self.lines.div_ceil(self.size), i % self.lines.div_ceil(self.size) * self.size);
        Block { z, y: y..self.lines.min(y + self.size) }
    }
}

/// The strip of `channels` of the input that a block of output lines sees. All blocks have the same
/// layout, whether they are full or not.
fn input_strip(s: &ConvShape<3>, channels: usize, blocks: &Blocks, block: &Block) -> Strip {
    Strip::of_input(s, channels, [block.z, block.y.start, 0], [1, blocks.size, s.output[2]])
}

/// A left factor, packed if it is too large to be read by its offsets.
enum Weight<'a, T: Real> {
    AsItIs(Left<'a, T>),
    Packed(Panels<T>),
}

impl<'a, T: Real> Weight<'a, T> {
    fn new(w: Left<'a, T>) -> Self {
        match w.rows.values().len() * w.depth.values().len() > FEW {
            true => Self::Packed(Panels::gather(&w)),
            false => Self::AsItIs(w),
        }
    }

    fn left(&self) -> Left<'_, T> {
        match self {
            Self::AsItIs(w) => *w,
            Self::Packed(panels) => panels.left(),
        }
    }
}

/// Channels of an image as they are, from the first element of a block on, if the kernel is 1 × 1 at stride 1: then they are P.
/// `None` too if that would read beyond the end of all images.
fn as_it_is<'a, T: Real>(s: &ConvShape<3>, block: &Block, image: &'a [T], p: &'a Offsets) -> Option<Right<'a, T>> {
    let pointwise = s.kernel == [1; 3] && s.spec.stride == [1; 3] && s.spec.padding == [0; 3];
    let [_, height, width] = s.input;
    let data = image.get((block.z * height + block.y.start) * width..)?;
    let right = Right { data, depth: p.span() };
    (pointwise && Kernel::<T>::current().reaches(&right, 0, block.y.len() * width)).then_some(right)
}

/// The smallest divisor of `n` that is at least `wanted`, or `n` itself.
fn divisor_at_least(n: usize, wanted: usize) -> usize {
    (wanted.clamp(1, n)..=n).find(|d| n.is_multiple_of(*d)).unwrap_or(n)
}

impl Fused {
    /// Bytes that the forward pass takes beside input, weight and output, for elements of type `T`:
    /// the weight, where it is packed, and for each thread a strip and the results of a block.
    pub fn workspace<T: Real, const D: usize>(shape: &ConvShape<D>) -> usize {
        let s = shape.lift();
        let weight = s.k * s.taps();
        let packed = if weight > FEW { weight * s.spec.groups } else { 0 };
        let blocks = Blocks::new(s.output, s.output, parallel::threads().div_ceil((s.n * s.spec.groups).max(1)));
        let strip = input_strip(&s, s.c, &blocks, &blocks.get(0));
        let results = Columns::new(&strip, strip.taps(&s), [blocks.size, s.output[2]], s.k).workspace(s.k, blocks.size);
        (packed + parallel::threads() * (strip.elements() + slack::<T>() + results)) * size_of::<T>()
    }
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Fused {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut output = Tensor::scratch(&shape.output_shape())?;
        let s = shape.lift();
        let (groups, image, taps, ox) = (s.spec.groups, s.c * s.positions_in(), s.taps(), s.output[2]);
        let blocks = Blocks::new(s.output, s.output, parallel::threads().div_ceil((s.n * groups).max(1)));

        // ANCHOR: forward
        let (rows, depth) = (Offsets::even(s.k, taps), Offsets::even(taps, 1));
        let w = weight.data().chunks(s.k * taps).map(|data| Left { data, rows: rows.span(), depth: depth.span() });
        let w: Vec<_> = w.map(Weight::new).collect();
        let strip = input_strip(&s, s.c, &blocks, &blocks.get(0));
        strip.check_memory::<T>()?;
        let p = Columns::new(&strip, strip.taps(&s), [blocks.size, ox], s.k);
        let channels = Offsets::even(s.c, s.positions_in());
        parallel::tiles_mut(output.data_mut(), s.positions_out(), (s.k, blocks.size * ox), |n_g, i, mut y| {
            let block = blocks.get(i);
            if let Some(x) = as_it_is(&s, &block, &input.data()[n_g * image..], &channels) {
                return multiply(T::ONE, &w[n_g % groups].left(), &x, 0, T::ZERO, &mut y);
            }
            let strip = input_strip(&s, s.c, &blocks, &block);
            let mut x = Buffer::scratch(strip.elements() + slack::<T>());
            strip.fill(&input.data()[n_g * image..][..image], &mut x);

            p.multiply(&w[n_g % groups].left(), &x, block.y.len(), &mut y); // W P
        });
        // ANCHOR_END: forward
        Ok(output)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let mut dx = Tensor::scratch(input_shape)?;
        let s = shape.lift();
        let (groups, [_, height, width], [sz, sy, sx]) = (s.spec.groups, s.input, s.spec.stride);
        // Positions of one phase: those of the first, which has the most.
        let inputs: [usize; 3] = std::array::from_fn(|d| s.input[d].div_ceil(s.spec.stride[d]));
        let blocks = Blocks::new(inputs, s.input, parallel::threads().div_ceil((s.n * groups).max(1)));
        let reach = Reach::new(&s);
        let strip = |block: &Block| reach.strip(&s, blocks.size, [block.z, block.y.start, 0]);
        strip(&blocks.get(0)).check_memory::<T>()?;
        let first = strip(&blocks.get(0));
        let lines = [blocks.size, inputs[2]];
        let phases: Vec<_> = reach
            .phases(&s, &first)
            .map(|phase| (phase.at, phase.weight, Columns::new(&first, phase.grad, lines, s.c)))
            .collect();
        let (rows, channels) = (Offsets::even(s.c, s.taps() / s.c), Offsets::even(s.k, s.positions_out()));
        let w = weight.data().chunks(s.k * s.taps()).flat_map(|data| phases.iter().map(move |phase| (data, phase)));
        let w: Vec<_> =
            w.map(|(data, phase)| Weight::new(Left { data, rows: rows.span(), depth: phase.1.span() })).collect();

        let tile = (s.c, sz.min(s.input[0]) * (blocks.size * sy).min(height) * width);
        parallel::tiles_mut(dx.data_mut(), s.positions_in(), tile, |n_g, i, mut dx| {
            let block = blocks.get(i);
            if let Some(dy) = as_it_is(&s, &block, &grad.data()[n_g * s.k * s.positions_out()..], &channels) {
                return multiply(T::ONE, &w[n_g % groups * phases.len()].left(), &dy, 0, T::ZERO, &mut dx);
            }
            let strip = strip(&block);
            let mut dy = Buffer::scratch(strip.elements() + slack::<T>());
            strip.fill(&grad.data()[n_g * s.k * s.positions_out()..][..s.k * s.positions_out()], &mut dy);
            // ANCHOR: phases
            for (j, ([pz, py, px], _, dp)) in phases.iter().enumerate() {
                let w = w[n_g % groups * phases.len() + j].left();
                if [sz, sy, sx] == [1; 3] {
                    dp.multiply(&w, &dy, block.y.len(), &mut dx); // Wᵀ dP
                    continue;
                }
                let columns = block.y.len() * inputs[2];
                let mut all = Buffer::scratch(s.c * columns);
                dp.multiply(&w, &dy, block.y.len(), &mut Tile::new(&mut all, columns, s.c));
                for (c, all) in all.chunks(columns).enumerate() {
                    // The lines of this phase in the tile: sy apart, those of its plane.
                    let to = dx.row(c).chunks_mut(width).skip(pz * height + py).step_by(sy);
                    for (dx, all) in to.zip(all.chunks(inputs[2])) {
                        dx[*px..].iter_mut().step_by(sx).zip(all).for_each(|(dx, &x)| *dx = x);
                    }
                }
            }
            // ANCHOR_END: phases
        });
        Ok(dx)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let mut dw = Tensor::zeros(weight_shape)?;
        if shape.n == 0 {
            return Ok(dw);
        }
        let s = shape.lift();
        let (groups, taps, ox, positions) = (s.spec.groups, s.taps(), s.output[2], s.positions_out());

        // The blocks of all images fall into parts, each with a sum of its own; within a part, a task
        // is a block of channels.
        let blocks = Blocks::new(s.output, s.output, PARTS.div_ceil(s.n * groups));
        let units = s.n * blocks.len();
        let parts = if dw.len() > SMALL { 1 } else { PARTS.min(units) };
        let cuts = divisor_at_least(s.c, PARTS.div_ceil(parts * groups));
        let (channels, rows) = (s.c / cuts, taps / cuts);
        let strip = input_strip(&s, channels, &blocks, &blocks.get(0));
        strip.check_memory::<T>()?;
        let p = strip.taps(&s);
        let at: Offsets = (0..blocks.size * ox).map(|i| i / ox * strip.line() + i % ox).collect();
        let even = Offsets::even(blocks.size * ox, s.k);

        let mut sums = Buffer::scratch(parts * dw.len());
        parallel::chunks_mut(&mut sums, rows * s.k, |task, dw| {
            let (part, g, cut) = (task / (groups * cuts), task / cuts % groups, task % cuts);
            let mut dw = Tile::new(dw, s.k, rows);
            let mut x = Buffer::scratch(strip.elements() + slack::<T>());
            let mut dy = Buffer::scratch(blocks.size * ox * s.k + slack::<T>());
            let first = part * units / parts;
            // ANCHOR: units
            for unit in first..(part + 1) * units / parts {
                let (n_g, block) = (unit / blocks.len() * groups + g, blocks.get(unit % blocks.len()));
                let image = &input.data()[(n_g * cuts + cut) * channels * s.positions_in()..];
                input_strip(&s, channels, &blocks, &block).fill(image, &mut x);
                let line = block.z * s.output[1] + block.y.start;
                let (from, depth) = (line * ox, block.y.len() * ox);
                let grad =
                    MatRef::new(&grad.data()[n_g * s.k * positions..], s.k, positions).expect("K rows of positions");
                grad.t().pack(from..from + depth, 0..s.k, &mut dy, s.k);

                let p = Left { data: &x, rows: p.span(), depth: at.span().part(0..depth) };
                let dy = Right { data: &dy, depth: even.span().part(0..depth) };
                let beta = if unit == first { T::ZERO } else { T::ONE };
                multiply(T::ONE, &p, &dy, 0, beta, &mut dw); // dWᵀ += P dyᵀ
            }
            // ANCHOR_END: units
        });

        let (whole, others) = sums.split_at_mut(dw.len());
        for part in others.chunks(whole.len()) {
            whole.iter_mut().zip(part).for_each(|(sum, &part)| *sum += part);
        }
        for (sum, dw) in whole.chunks(taps * s.k).zip(dw.data_mut().chunks_mut(taps * s.k)) {
            let sum = MatRef::new(sum, taps, s.k)?;
            parallel::chunks_mut(dw, 8 * taps, |i, dw| {
                sum.t().pack(i * 8..i * 8 + dw.len() / taps, 0..taps, dw, taps);
            });
        }
        Ok(dw)
    }
}
