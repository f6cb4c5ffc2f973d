//! The version that never writes the column matrix down: the product packs its panels straight from
//! the image.

use crate::patches::{Patches, PatchesOf};
use unrolled::buffer::Buffer;
use unrolled::gemm::{self, DEPTH, MatRef, Panels, multiply};
use unrolled::simd::{Isa, vectorize};
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, parallel};

/// Convolution as three matrix products whose column matrix exists only panel by panel.
///
/// Work is split over images, groups and, where those are few, over parts of the product.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fused;

/// Tasks that a pass is cut into where its sums depend on the cut: by the shape alone, never by the
/// number of threads.
const PARTS: usize = 16;

/// Elements of the column matrix's gradient that `grad_input` holds at a time: half of a second-level cache.
const BLOCK: usize = 128 * 1024;

impl Fused {
    /// Bytes of panels that are packed beside input, weight and output in the forward pass, for
    /// elements of type `T`: the weight, and one panel of patches per thread.
    pub fn workspace<T: Real, const D: usize>(shape: &ConvShape<D>) -> usize {
        let kernel = T::kernel(Isa::current());
        let weight = shape.k.next_multiple_of(kernel.mr) * shape.taps() * shape.spec.groups;
        (weight + parallel::threads() * kernel.nr * (1 + DEPTH.min(shape.taps()))) * size_of::<T>()
    }
}

/// The smallest divisor of `n` that is at least `wanted`, or `n` itself.
fn divisor_at_least(n: usize, wanted: usize) -> usize {
    (wanted.clamp(1, n)..=n).find(|d| n.is_multiple_of(*d)).unwrap_or(n)
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Fused {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut output = Tensor::scratch(&shape.output_shape())?;
        let s = shape.lift();
        let (images, taps, positions) = (s.n * s.spec.groups, s.taps(), s.positions_out());
        let patches = Patches::new(&s);
        let image = s.c * s.positions_in();
        // ANCHOR: forward
        let w = weight.data().chunks(s.k * taps).map(|w| Ok(Panels::left(&MatRef::new(w, s.k, taps)?.t())));
        let w = w.collect::<Result<Vec<_>>>()?;
        let (rows, cols) = gemm::cut::<T>(s.k, positions, parallel::threads().div_ceil(images.max(1)));
        let rows = if s.k.is_multiple_of(rows) { rows } else { s.k }; // a tile stays inside its group
        let tiles_per_image = s.k / rows;
        parallel::tiles_mut(output.data_mut(), positions, (rows, cols), |i, j, mut y| {
            let (n_g, part) = (i / tiles_per_image, i % tiles_per_image);
            let p = PatchesOf { patches, input: &input.data()[n_g * image..][..image] };
            multiply(T::ONE, &w[n_g % s.spec.groups], part * rows, &p, j * cols, T::ZERO, &mut y); // y = W P
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
        let (taps, positions) = (s.taps(), s.positions_out());
        let patches = Patches::new(&s);

        // A task is a block of channels of one image and group: their gradients are its own.
        let blocks = divisor_at_least(s.c, PARTS.div_ceil((s.n * s.spec.groups).max(1)));
        let rows = taps / blocks;
        let w = (0..s.spec.groups * blocks).map(|i| {
            let (g, block) = (i / blocks, i % blocks);
            let w = MatRef::new(&weight.data()[g * s.k * taps..], s.k, taps)?;
            Ok(Panels::columns(&w, block * rows..(block + 1) * rows))
        });
        let w = w.collect::<Result<Vec<_>>>()?;
        let nr = T::kernel(Isa::current()).nr;
        let cols = (BLOCK / rows).next_multiple_of(nr).min(positions);
        parallel::chunks_mut(dx.data_mut(), s.c / blocks * s.positions_in(), |i, dx| {
            dx.fill(T::ZERO);
            let n_g = i / blocks;
            let dy = &grad.data()[n_g * s.k * positions..][..s.k * positions];
            let dy = MatRef::new(dy, s.k, positions).expect("a slice of K rows");
            let mut columns = Buffer::scratch(rows * cols);
            for from in (0..positions).step_by(cols) {
                let cols = from..positions.min(from + cols);
                let mut tile = parallel::Tile::new(&mut columns, cols.len(), rows);
                multiply(T::ONE, &w[i % w.len()], 0, &dy, from, T::ZERO, &mut tile); // dP = Wᵀ dy
                vectorize(
                    #[inline(always)]
                    || patches.add_back(&columns, cols.len(), 0..rows, cols.clone(), dx),
                );
            }
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
        let (taps, positions, groups) = (s.taps(), s.positions_out(), s.spec.groups);
        let patches = Patches::new(&s).t();
        let image = s.c * s.positions_in();

        // The images fall into parts, each with a sum of its own; a large weight has room for few.
        let parts = (BLOCK * PARTS / dw.len()).clamp(1, PARTS.min(s.n));
        let images = s.n.div_ceil(parts);
        let parts = s.n.div_ceil(images);
        let mut sums = Buffer::scratch(parts * dw.len());
        let (_, cols) = gemm::cut::<T>(s.k, taps, parallel::threads().div_ceil(parts * groups));
        parallel::tiles_mut(&mut sums, taps, (s.k, cols), |i, j, mut dw| {
            let (part, g) = (i / groups, i % groups);
            for n in part * images..s.n.min((part + 1) * images) {
                let n_g = n * groups + g;
                let dy = &grad.data()[n_g * s.k * positions..][..s.k * positions];
                let dy = Panels::left(&MatRef::new(dy, s.k, positions).expect("a slice of K rows").t());
                let p = PatchesOf { patches, input: &input.data()[n_g * image..][..image] };
                let beta = if n == part * images { T::ZERO } else { T::ONE };
                multiply(T::ONE, &dy, 0, &p, j * cols, beta, &mut dw); // dW += dy Pᵀ
            }
        });
        let whole = dw.len();
        for part in sums.chunks(whole) {
            dw.data_mut().iter_mut().zip(part).for_each(|(dw, &part)| *dw += part);
        }
        Ok(dw)
    }
}
