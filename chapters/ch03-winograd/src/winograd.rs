//! The three passes.

use crate::tiles::{Axis, Block, Taps, Tiles};
use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::gemm::{Left, MatRef, Offsets, Right, STEP, multiply};
use unrolled::parallel::Tile;
use unrolled::simd::Isa;
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Real, Result, Tensor, parallel};

/// Convolution with fewer multiplications.
#[derive(Debug, Clone, Copy, Default)]
pub struct Winograd<const M: usize>;

/// Tiles that are transformed and multiplied together: enough for full tiles of the micro-kernel.
const TILES: usize = 64;

/// The most: a line of more tiles is computed in parts.
const MOST_TILES: usize = 512;

/// Elements of a block of transformed filters: half of a second-level cache.
const BLOCK: usize = 128 * 1024;

/// Elements of both transformed factors in `grad_weight`.
const WINDOW: usize = 4 * 1024 * 1024;

impl<const M: usize> Winograd<M> {
    /// Checks that a convolution is one for tiles.
    fn check<const D: usize>(shape: &ConvShape<D>) -> Result<()> {
        let spec = &shape.spec;
        if D == 3 {
            return Err(Error::argument("Winograd", "three dimensions", "one or two; for more use Sliced<Winograd>"));
        }
        if spec.stride != [1; D] {
            let expected = "1 along each axis: a tile's outputs must be neighbours to share their inputs; use Fused";
            return Err(Error::argument("stride for Winograd", spec.stride, expected));
        }
        if spec.dilation != [1; D] {
            let expected = "1 along each axis; Dilated<Winograd> takes a dilated convolution apart into such";
            return Err(Error::argument("dilation for Winograd", spec.dilation, expected));
        }
        Ok(())
    }

    fn tiles<T: Real>(s: &ConvShape<3>) -> Result<Tiles<T>> {
        Ok(Tiles {
            axes: [Axis::new(M, s.kernel[1])?, Axis::new(M, s.kernel[2])?],
            input: [s.input[1], s.input[2]],
            output: [s.output[1], s.output[2]],
            start: [-(s.spec.padding[1] as isize), -(s.spec.padding[2] as isize)],
        })
    }
}

/// A convolution of images with filters, for `forward` and `grad_input`.
struct Job<'a, T> {
    tiles: Tiles<T>,
    images: usize,
    groups: usize,
    /// Filters of a group.
    rows: usize,
    taps: Taps<'a, T>,
    /// `[N, G, depth, H, W]`.
    input: &'a [T],
}

/// How filters are cut into blocks and panels.
#[derive(Clone, Copy)]
struct Cut {
    /// Rows of a block.
    rows: usize,
    /// Rows of a panel.
    mr: usize,
    /// Elements of a panel at one place.
    panel: usize,
}

impl<T: Real> Job<'_, T> {
    fn cut(&self) -> Cut {
        let mr = T::kernel(Isa::current()).mr();
        let most = (BLOCK / (self.tiles.places() * self.taps.depth)).clamp(mr, 64);
        let rows = self.rows.div_ceil(self.rows.div_ceil(most)).next_multiple_of(mr);
        Cut { rows, mr, panel: Tiles::<T>::panel(self.taps.depth, mr) }
    }

    /// Elements of a block of transformed filters.
    fn block_len(&self, cut: Cut) -> usize {
        self.tiles.places() * cut.rows / cut.mr * cut.panel
    }

    fn block_rows(&self, cut: Cut, i: usize) -> Range<usize> {
        i * cut.rows..self.rows.min((i + 1) * cut.rows)
    }

    /// Transforms the filters of block `i` of a group.
    fn filters(&self, cut: Cut, g: usize, i: usize, u: &mut [T]) {
        self.tiles.transform_filters(&self.taps, g, self.block_rows(cut, i), cut.mr, u);
    }

    fn run(&self, output: &mut [T]) {
        let [ty, tx] = self.tiles.count();
        if self.images == 0 {
            return;
        }
        if self.images * ty * tx <= self.rows {
            self.few_tiles(output);
        } else {
            self.many_tiles(output);
        }
    }

    fn image(&self, n: usize, g: usize, channels: Range<usize>) -> &[T] {
        let positions = self.tiles.input[0] * self.tiles.input[1];
        let first = (n * self.groups + g) * self.taps.depth;
        &self.input[(first + channels.start) * positions..(first + channels.end) * positions]
    }

    /// Many tiles, few filters: all filters are transformed once, the tiles block by block.
    fn many_tiles(&self, output: &mut [T]) {
        let [ty, tx] = self.tiles.count();
        let [height, width] = self.tiles.output;
        let cut = self.cut();
        let blocks = self.rows.div_ceil(cut.rows);
        let len = self.block_len(cut);
        let mut u = Buffer::scratch(self.groups * blocks * len);
        parallel::chunks_mut(&mut u, len, |i, u| self.filters(cut, i / blocks, i % blocks, u));

        // Whole images, or rows of tiles of one.
        let images =
            if self.groups == 1 { (TILES / (ty * tx)).clamp(1, self.images.div_ceil(parallel::threads())) } else { 1 };
        let count = ty
            .div_ceil(TILES.div_ceil(tx))
            .max(parallel::threads().div_ceil(self.images.div_ceil(images) * self.groups))
            .min(ty);
        let rows = if images > 1 { ty } else { ty.div_ceil(count) };
        let my = self.tiles.axes[0].m;
        parallel::tiles_mut(output, height * width, (images * self.rows, rows * my * width), |n_g, i, mut y| {
            let (first, g) = if self.groups == 1 { (n_g * images, 0) } else { (n_g / self.groups, n_g % self.groups) };
            let images: Vec<_> =
                (first..first + y.rows() / self.rows).map(|n| self.image(n, g, 0..self.taps.depth)).collect();
            for cols in (0..tx).step_by(MOST_TILES) {
                let block = Block { rows: i * rows..ty.min((i + 1) * rows), cols: cols..tx.min(cols + MOST_TILES) };
                let stride = (images.len() * block.len()).next_multiple_of(STEP);
                let depth = self.taps.depth;
                let pitch = depth * stride + STEP;
                let mut v = Buffer::scratch(self.tiles.places() * pitch);
                self.tiles.of_inputs().apply(
                    &images,
                    &block,
                    &mut Tile::new(&mut v, pitch, self.tiles.places()),
                    stride,
                );
                let from = block.cols.start * self.tiles.axes[1].m;
                for (j, u) in u[g * blocks * len..][..blocks * len].chunks(len).enumerate() {
                    let k = self.block_rows(cut, j);
                    self.product(
                        cut,
                        k.len(),
                        u,
                        &v,
                        stride,
                        &block,
                        |image, row, write| {
                            write(&mut y.row(image * self.rows + k.start + row)[from..]);
                        },
                        images.len(),
                    );
                }
            }
        });
    }

    /// Few tiles, many filters: all tiles are transformed once, the filters block by block.
    fn few_tiles(&self, output: &mut [T]) {
        let [ty, tx] = self.tiles.count();
        let positions: usize = self.tiles.output.iter().product();
        let (depth, places) = (self.taps.depth, self.tiles.places());
        let cut = self.cut();
        let block = Block { rows: 0..ty, cols: 0..tx };
        let stride = (self.images * block.len()).next_multiple_of(STEP);
        let channels = depth.div_ceil(4 * parallel::threads());
        let pitch = depth * stride + STEP;
        let mut v = Buffer::scratch(places * pitch);
        let mut turned = Buffer::scratch(if self.images > 1 { self.rows * self.images * positions } else { 0 });
        for g in 0..self.groups {
            parallel::tiles_mut(&mut v, pitch, (places, channels * stride), |_, j, mut v| {
                if j * channels >= depth {
                    return;
                }
                let images: Vec<_> =
                    (0..self.images).map(|n| self.image(n, g, j * channels..depth.min((j + 1) * channels))).collect();
                self.tiles.of_inputs().apply(&images, &block, &mut v, stride);
            });
            let y = if self.images > 1 {
                &mut turned[..]
            } else {
                &mut output[g * self.rows * positions..][..self.rows * positions]
            };
            parallel::tiles_mut(y, self.images * positions, (cut.rows, self.images * positions), |i, _, mut y| {
                let mut u = Buffer::scratch(self.block_len(cut));
                self.filters(cut, g, i, &mut u);
                self.product(
                    cut,
                    y.rows(),
                    &u,
                    &v,
                    stride,
                    &block,
                    |image, row, write| {
                        write(&mut y.row(row)[image * positions..][..positions]);
                    },
                    self.images,
                );
            });
            if self.images > 1 {
                parallel::chunks_mut(output, positions, |at, y| {
                    let (n, k) = (at / (self.groups * self.rows), at % (self.groups * self.rows));
                    if k / self.rows == g {
                        y.copy_from_slice(&turned[(k % self.rows * self.images + n) * positions..][..positions]);
                    }
                });
            }
        }
    }

    /// The products at each place, and the way back of what they give.
    #[allow(clippy::too_many_arguments)]
    fn product(
        &self,
        cut: Cut,
        rows: usize,
        u: &[T],
        v: &[T],
        stride: usize,
        block: &Block,
        mut output: impl FnMut(usize, usize, &mut dyn FnMut(&mut [T])),
        images: usize,
    ) {
        let (places, depth) = (self.tiles.places(), self.taps.depth);
        let panels = rows.div_ceil(cut.mr);
        let at: Offsets = (0..rows).map(|i| i / cut.mr * cut.panel + i % cut.mr).collect();
        let (steps, lines) = (Offsets::even(depth, cut.mr), Offsets::even(depth, stride));
        let pitch = rows * stride + STEP;
        let mut m = Buffer::scratch(places * pitch + STEP);
        for place in 0..places {
            let a = Left { data: &u[place * panels * cut.panel..], rows: at.span(), depth: steps.span() };
            let b = Right { data: &v[place * (depth * stride + STEP)..], depth: lines.span() };
            multiply(T::ONE, &a, &b, 0, T::ZERO, &mut Tile::new(&mut m[place * pitch..], stride, rows));
        }
        let mut scratch = self.tiles.output_scratch(block.len());
        for image in 0..images {
            for row in 0..rows {
                let m = &m[row * stride + image * block.len()..];
                output(image, row, &mut |y| {
                    self.tiles.transform_output(m, pitch, block, y, &mut scratch);
                });
            }
        }
    }
}

impl<T: Real, const M: usize, const D: usize> Convolution<Tensor<T>, D> for Winograd<M> {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        Self::check(&shape)?;
        let s = shape.lift();
        let tiles = Self::tiles(&s)?;
        let mut output = Tensor::scratch(&shape.output_shape())?;
        let taps = s.taps() / s.c;
        let taps = Taps { data: weight.data(), depth: s.c, steps: [s.c * taps, taps, s.k * s.c * taps], flip: false };
        Job { tiles, images: s.n, groups: s.spec.groups, rows: s.k, taps, input: input.data() }.run(output.data_mut());
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
        Self::check(&shape)?;
        let s = shape.lift();
        let forward = Self::tiles(&s)?;
        // The same with input and output exchanged, and the kernel flipped: its last tap comes first.
        let start = std::array::from_fn(|d| s.spec.padding[d + 1] as isize - (s.kernel[d + 1] - 1) as isize);
        let tiles = Tiles { input: forward.output, output: forward.input, start, ..forward };
        let mut dx = Tensor::scratch(input_shape)?;
        let taps = s.taps() / s.c;
        let taps = Taps { data: weight.data(), depth: s.k, steps: [taps, s.c * taps, s.k * s.c * taps], flip: true };
        Job { tiles, images: s.n, groups: s.spec.groups, rows: s.c, taps, input: grad.data() }.run(dx.data_mut());
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
        Self::check(&shape)?;
        let s = shape.lift();
        let tiles = Self::tiles::<T>(&s)?;
        let mut dw = Tensor::zeros(weight_shape)?;
        if s.n == 0 {
            return Ok(dw);
        }
        let (places, [ty, tx]) = (tiles.places(), tiles.count());
        let wide = s.c.next_multiple_of(STEP);
        let most = (WINDOW / (places * (s.c + s.k))).clamp(STEP, MOST_TILES);
        let cols = tx.min(most);
        let rows = (most / cols).min(ty);
        let tiles_of = (rows * cols).next_multiple_of(STEP);
        let mut du = Buffer::full(places * s.k * wide, T::ZERO);
        let mut factors = Buffer::scratch(places * (s.c + s.k) * tiles_of);
        let (positions_in, positions_out) = (s.positions_in(), s.positions_out());
        let channels = (s.c + s.k).div_ceil(4 * parallel::threads());
        for g in 0..s.spec.groups {
            let mut first = true;
            for n in 0..s.n {
                let x = &input.data()[(n * s.spec.groups + g) * s.c * positions_in..][..s.c * positions_in];
                let dy = &grad.data()[(n * s.spec.groups + g) * s.k * positions_out..][..s.k * positions_out];
                for row in (0..ty).step_by(rows) {
                    for col in (0..tx).step_by(cols) {
                        let block = Block { rows: row..ty.min(row + rows), cols: col..tx.min(col + cols) };
                        let stride = tiles_of;
                        parallel::tiles_mut(
                            &mut factors,
                            (s.c + s.k) * stride,
                            (places, channels * stride),
                            |_, j, mut v| {
                                let all = j * channels..(s.c + s.k).min((j + 1) * channels);
                                let inputs = all.start.min(s.c)..all.end.min(s.c);
                                let grads = all.start.max(s.c) - s.c..all.end.max(s.c) - s.c;
                                let middle = inputs.len() * stride;
                                if !inputs.is_empty() {
                                    let x = &x[inputs.start * positions_in..inputs.end * positions_in];
                                    tiles.of_inputs().apply(&[x], &block, &mut v.tile(0..places, 0..middle), stride);
                                }
                                if !grads.is_empty() {
                                    let dy = &dy[grads.start * positions_out..grads.end * positions_out];
                                    tiles.of_gradients().apply(
                                        &[dy],
                                        &block,
                                        &mut v.tile(0..places, middle..middle + grads.len() * stride),
                                        stride,
                                    );
                                }
                            },
                        );
                        let depth = block.len();
                        let (at, steps, even) =
                            (Offsets::even(s.k, stride), Offsets::even(depth, 1), Offsets::even(depth, wide));
                        parallel::chunks_mut(&mut du, s.k * wide, |place, du| {
                            let factors = &factors[place * (s.c + s.k) * stride..][..(s.c + s.k) * stride];
                            let (v, dm) = factors.split_at(s.c * stride);
                            let mut turned = Buffer::scratch(depth * wide + STEP);
                            let v = MatRef::strided(v, s.c, depth, stride, 1).expect("C rows of tiles");
                            v.t().pack(0..depth, 0..s.c, &mut turned, wide);
                            let a = Left { data: dm, rows: at.span(), depth: steps.span() };
                            let b = Right { data: &turned, depth: even.span() };
                            let beta = if first { T::ZERO } else { T::ONE };
                            multiply(T::ONE, &a, &b, 0, beta, &mut Tile::new(du, wide, s.k));
                        });
                        first = false;
                    }
                }
            }
            let size = s.taps();
            parallel::chunks_mut(&mut dw.data_mut()[g * s.k * size..][..s.k * size], size, |k, dw| {
                tiles.filter_gradient(&du[k * wide..], s.k * wide, dw);
            });
        }
        Ok(dw)
    }
}
