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

use crate::blocks::{Block, Blocks, Cut};
use crate::columns::{Columns, slack};
use unrolled::buffer::Buffer;
use unrolled::caches::Caches;
use unrolled::gemm::kernel::Kernel;
use unrolled::gemm::{Grid, Left, MatRef, Offsets, Panels, Right, multiply};
use unrolled::parallel::Tile;
use unrolled::phases::Reach;
use unrolled::strip::{Strip, collect_lines};
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, parallel, workspace};

/// Convolution as three matrix products, without the column matrix.
///
/// Work is split over images and groups and, where those are few, over lines or channels. What it takes beside its tensors
/// stays within the [`workspace`], as far as a line of the input for each thread does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fused;

/// Tasks that `grad_weight` is cut into. By the shape alone, as its sums depend on the cut.
const PARTS: usize = 8;

/// Elements that each of so many tasks at a time may take: half of the workspace is for packed weights.
fn share<T>(tasks: usize) -> usize {
    workspace::elements::<T>((1, 2)) / tasks
}

/// The tasks that an image and group should be cut into.
fn tasks(s: &ConvShape<3>) -> usize {
    parallel::threads().div_ceil((s.n * s.spec.groups).max(1))
}

/// Elements that a block takes at most: its strip, and either [a tight copy](Columns) of it for each tap of the width, or
/// so many results for each of the strip's columns.
fn taken(strip: &Strip, s: &ConvShape<3>, results: usize) -> usize {
    strip.elements() + (s.kernel[2] * strip.elements()).max(results * strip.line())
}

/// The strip of `channels` of the input that a block of output lines sees. All blocks have the same
/// layout, whether they are full or not.
fn input_strip(s: &ConvShape<3>, channels: usize, lines: usize, block: Option<&Block>) -> Strip {
    let first = block.map_or([0; 3], |block| [block.z, block.y.start, 0]);
    Strip::of_input(s, channels, first, [1, lines, s.output[2]])
}

/// A left factor, packed if it is too large to be read by its offsets.
enum Weight<'a, T: Real> {
    AsItIs(Left<'a, T>),
    Packed(Panels<T>),
}

/// Whether `count` weights of so many elements are packed: they are too many for the nearest cache to find them by their
/// offsets, and few enough for the workspace.
fn packs<T: Real>(elements: usize, count: usize) -> bool {
    elements * size_of::<T>() > 2 * Caches::this().first && elements * count <= workspace::elements::<T>((1, 2))
}

impl<'a, T: Real> Weight<'a, T> {
    /// Packed by `panels`, where that pays: it is one of `count`.
    fn new(w: Left<'a, T>, count: usize, panels: impl FnOnce(&Left<'a, T>) -> Panels<T>) -> Self {
        match packs::<T>(w.rows.values().len() * w.depth.values().len(), count) {
            true => Self::Packed(panels(&w)),
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

/// Rows become columns: `from` is `[cols, rows]` of the tile.
fn turn<T: Real>(from: &[T], to: &mut Tile<'_, T>) {
    const ROWS: usize = 8;
    let (rows, cols) = (to.rows(), to.cols());
    let matrix = MatRef::new(from, cols, rows).expect("as many elements as the tile").t();
    let mut some = Buffer::scratch(ROWS * cols);
    for first in (0..rows).step_by(ROWS) {
        let last = rows.min(first + ROWS);
        matrix.pack(first..last, 0..cols, &mut some, cols);
        (first..last).zip(some.chunks(cols)).for_each(|(row, some)| to.row(row).copy_from_slice(some));
    }
}

impl Fused {
    /// How the forward pass cuts an image.
    fn blocks<T: Real>(s: &ConvShape<3>) -> Blocks {
        Blocks::new(s.output, Cut::of(s.output[0]), tasks(s), share::<T>(parallel::threads()), |lines| {
            taken(&input_strip(s, s.c, lines, None), s, lines * s.k)
        })
    }

    /// Bytes that the forward pass takes beside input, weight and output, for elements of type `T`:
    /// the weight, where it is packed, and for each thread a strip and the results of a block.
    pub fn workspace<T: Real, const D: usize>(shape: &ConvShape<D>) -> usize {
        let s = shape.lift();
        let weight = s.k * s.taps();
        let packed = if packs::<T>(weight, s.spec.groups) { weight * s.spec.groups } else { 0 };
        let blocks = Self::blocks::<T>(&s);
        let strip = input_strip(&s, s.c, blocks.size, None);
        let p = Columns::new(&strip, vec![strip.taps(&s)], [blocks.size, s.output[2]], s.k);
        let results = p.workspace(s.k, blocks.size);
        (packed + parallel::threads() * (strip.elements() + slack::<T>() + results)) * size_of::<T>()
    }
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Fused {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut output = Tensor::scratch(&shape.output_shape())?;
        let s = shape.lift();
        let (groups, image, taps, ox) = (s.spec.groups, s.c * s.positions_in(), s.taps(), s.output[2]);
        let blocks = Self::blocks::<T>(&s);

        // ANCHOR: forward
        let (rows, depth) = (Offsets::even(s.k, taps), Offsets::even(taps, 1));
        let w = weight.data().chunks(s.k * taps).map(|data| {
            let matrix = MatRef::new(data, s.k, taps).expect("K rows of taps");
            let as_it_is = Left { data, rows: rows.span(), depth: depth.span() };
            Weight::new(as_it_is, groups, |_| Panels::new(&matrix, 0..s.k))
        });
        let w: Vec<_> = w.collect();
        let strip = input_strip(&s, s.c, blocks.size, None);
        strip.check_memory::<T>()?;
        let p = Columns::new(&strip, vec![strip.taps(&s)], [blocks.size, ox], s.k);
        let channels = Offsets::even(s.c, s.positions_in());
        parallel::tiles_mut(output.data_mut(), s.positions_out(), (s.k, blocks.size * ox), |n_g, i, mut y| {
            let block = blocks.get(i);
            if let Some(x) = as_it_is(&s, &block, &input.data()[n_g * image..], &channels) {
                return multiply(T::ONE, &w[n_g % groups].left(), &x, 0, T::ZERO, &mut y);
            }
            let strip = input_strip(&s, s.c, blocks.size, Some(&block));
            let x = p.read(&strip, |x| strip.fill(&input.data()[n_g * image..][..image], x));
            p.multiply(0, &w[n_g % groups].left(), &x, block.y.len(), &mut y); // W P
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
        let reach = Reach::new(&s);
        // What is a part of a plane's lines for each phase must be a part of the plane.
        let cut = match Cut::of(s.input[0]) {
            Cut::Evenly if sz > 1 || !height.is_multiple_of(sy) => Cut::Nowhere,
            cut => cut,
        };
        let results = if (sy, sx) == (1, 1) { s.c } else { (1 + sx) * s.c };
        let blocks = Blocks::new(inputs, cut, tasks(&s), share::<T>(parallel::threads()), |lines| {
            taken(&reach.strip(&s, lines, [0; 3]), &s, lines * results)
        });
        let strip = |block: &Block| reach.strip(&s, blocks.size, [block.z, block.y.start, 0]);
        strip(&blocks.get(0)).check_memory::<T>()?;
        let first = strip(&blocks.get(0));
        let (lines, abreast) = ([blocks.size, inputs[2]], sx.min(width));
        let phases: Vec<_> = reach.phases(&s, &first).collect();
        let dp = Columns::new(&first, phases.iter().map(|phase| phase.grad.clone()).collect(), lines, s.c);
        let (rows, channels) = (Offsets::even(s.c, s.taps() / s.c), Offsets::even(s.k, s.positions_out()));
        let w = weight.data().chunks(s.k * s.taps()).flat_map(|data| phases.iter().map(move |phase| (data, phase)));
        let w: Vec<_> = w
            .map(|(data, phase)| {
                Weight::new(
                    Left { data, rows: rows.span(), depth: phase.weight.span() },
                    groups * phases.len(),
                    Panels::gather,
                )
            })
            .collect();

        let tile = (s.c, sz.min(s.input[0]) * (blocks.size * sy).min(height) * width);
        parallel::tiles_mut(dx.data_mut(), s.positions_in(), tile, |n_g, i, mut dx| {
            let block = blocks.get(i);
            if let Some(dy) = as_it_is(&s, &block, &grad.data()[n_g * s.k * s.positions_out()..], &channels) {
                return multiply(T::ONE, &w[n_g % groups * phases.len()].left(), &dy, 0, T::ZERO, &mut dx);
            }
            let strip = strip(&block);
            let grad = &grad.data()[n_g * s.k * s.positions_out()..][..s.k * s.positions_out()];
            let dy = dp.read(&strip, |dy| strip.fill(grad, dy));
            let w = &w[n_g % groups * phases.len()..];
            if [sz, sy, sx] == [1; 3] {
                return dp.multiply(0, &w[0].left(), &dy, block.y.len(), &mut dx); // Wᵀ dP
            }
            // ANCHOR: phases
            // The phases along the width are computed together, and their columns dealt out in turn.
            let columns = block.y.len() * inputs[2];
            let mut all = Buffer::scratch(abreast * s.c * columns);
            for first in (0..phases.len()).step_by(abreast) {
                let [pz, py, _] = phases[first].at;
                for (phase, all) in (first..).zip(all.chunks_mut(s.c * columns)) {
                    let mut all = Tile::new(all, columns, s.c);
                    dp.multiply(phase, &w[phase].left(), &dy, block.y.len(), &mut all);
                }
                for c in 0..s.c {
                    // The lines of these phases in the tile: sy apart, those of their plane.
                    let dx = dx.row(c).chunks_mut(height * width).nth(pz).unwrap_or_default();
                    let count = (dx.len() / width).saturating_sub(py).div_ceil(sy).min(block.y.len());
                    let lines = Grid { count, len: width, from: inputs[2], to: sy * width };
                    let to = dx.get_mut(py * width..).unwrap_or_default();
                    collect_lines(abreast, &lines, &all[c * columns..], s.c * columns, to);
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
        let cut = Cut::of(s.output[0]);
        let blocks = Blocks::new(s.output, cut, PARTS.div_ceil(s.n * groups), share::<T>(PARTS), |lines| {
            input_strip(&s, s.c, lines, None).elements() + lines * ox * s.k
        });
        let units = s.n * blocks.len();
        // Partial sums of a large weight would take more memory than they are worth.
        let large = dw.len() * PARTS > workspace::elements::<T>((1, 8));
        let parts = if large { 1 } else { PARTS.min(units) };
        let tasks = PARTS.div_ceil(parts * groups).max((s.k * taps).div_ceil(share::<T>(PARTS)));
        let cuts = divisor_at_least(s.c, tasks);
        let (channels, rows) = (s.c / cuts, taps / cuts);
        let strip = input_strip(&s, channels, blocks.size, None);
        strip.check_memory::<T>()?;
        let p = strip.taps(&s);
        let at: Offsets = (0..blocks.size * ox).map(|i| i / ox * strip.line() + i % ox).collect();
        let even = Offsets::even(blocks.size * ox, s.k);

        let sum = |part: usize, g: usize, cut: usize, sum: &mut [T]| {
            let mut sum = Tile::new(sum, s.k, rows);
            let mut x = Buffer::scratch(strip.elements() + slack::<T>());
            let mut dy = Buffer::scratch(blocks.size * ox * s.k + slack::<T>());
            let first = part * units / parts;
            // ANCHOR: units
            for unit in first..(part + 1) * units / parts {
                let (n_g, block) = (unit / blocks.len() * groups + g, blocks.get(unit % blocks.len()));
                let image = &input.data()[(n_g * cuts + cut) * channels * s.positions_in()..];
                input_strip(&s, channels, blocks.size, Some(&block)).fill(image, &mut x);
                let line = block.z * s.output[1] + block.y.start;
                let (from, depth) = (line * ox, block.y.len() * ox);
                let grad =
                    MatRef::new(&grad.data()[n_g * s.k * positions..], s.k, positions).expect("K rows of positions");
                grad.t().pack(from..from + depth, 0..s.k, &mut dy, s.k);

                let p = Left { data: &x, rows: p.span(), depth: at.span().part(0..depth) };
                let dy = Right { data: &dy, depth: even.span().part(0..depth) };
                let beta = if unit == first { T::ZERO } else { T::ONE };
                multiply(T::ONE, &p, &dy, 0, beta, &mut sum); // dWᵀ += P dyᵀ
            }
            // ANCHOR_END: units
        };

        let tile = (s.k, rows); // of dW, for a group's block of channels
        if parts == 1 {
            parallel::tiles_mut(dw.data_mut(), taps, tile, |g, cut, mut dw| {
                let mut whole = Buffer::scratch(rows * s.k);
                sum(0, g, cut, &mut whole);
                turn(&whole, &mut dw);
            });
            return Ok(dw);
        }
        let mut sums = Buffer::scratch(parts * dw.len());
        parallel::chunks_mut(&mut sums, rows * s.k, |task, part| {
            sum(task / (groups * cuts), task / cuts % groups, task % cuts, part);
        });
        let (whole, others) = sums.split_at_mut(dw.len());
        for part in others.chunks(whole.len()) {
            whole.iter_mut().zip(part).for_each(|(sum, &part)| *sum += part);
        }
        parallel::tiles_mut(dw.data_mut(), taps, tile, |g, cut, mut dw| {
            turn(&whole[(g * cuts + cut) * rows * s.k..][..rows * s.k], &mut dw);
        });
        Ok(dw)
    }
}
