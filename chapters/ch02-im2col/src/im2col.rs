//! The textbook version: write the column matrix down, then multiply.

use crate::patches::Patches;
use unrolled::buffer::Buffer;
use unrolled::gemm::{MatRef, gemm};
use unrolled::simd::vectorize;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, parallel};

// ANCHOR: im2col
/// The column matrix `[C/groups · taps, positions]` of one image and group: each column is the
/// patch of the input that one output position sees.
///
/// `input` is `[C/groups, ...]`, `columns` is written whole.
pub fn im2col<T: Real>(shape: &ConvShape<3>, input: &[T], columns: &mut [T]) {
    let (patches, width) = (Patches::new(shape), shape.positions_out());
    let rows = (16 * 1024_usize).div_ceil(width); // for one task
    parallel::chunks_mut(columns, rows * width, |i, out| {
        let rows = i * rows..i * rows + out.len() / width;
        vectorize(
            #[inline(always)]
            || patches.write(input, rows, 0..width, out, width),
        );
    });
}
// ANCHOR_END: im2col

// ANCHOR: col2im
/// The adjoint of [`im2col`]: adds each element of the column matrix to the input it was copied
/// from. What no window touches stays as it is.
pub fn col2im<T: Real>(shape: &ConvShape<3>, columns: &[T], input: &mut [T]) {
    let (patches, width) = (Patches::new(shape), shape.positions_out());
    let taps = shape.taps() / shape.c;
    parallel::chunks_mut(input, shape.positions_in(), |c, channel| {
        // A channel's rows of the matrix look like those of the first.
        let columns = &columns[c * taps * width..];
        vectorize(
            #[inline(always)]
            || patches.add_back(columns, width, 0..taps, 0..width, channel),
        );
    });
}
// ANCHOR_END: col2im

/// Convolution as three matrix products over a column matrix that is written to memory, image by image.
#[derive(Debug, Clone, Copy, Default)]
pub struct Im2col;

impl Im2col {
    /// Bytes of the column matrix, for elements of type `T`: taps × positions, each input copied R S times.
    pub fn workspace<T: Real, const D: usize>(shape: &ConvShape<D>) -> usize {
        shape.taps() * shape.positions_out() * size_of::<T>()
    }
}

/// The sizes of one image's and one group's part of input, weight and output.
fn parts(s: &ConvShape<3>) -> (usize, usize, usize) {
    (s.c * s.positions_in(), s.k * s.taps(), s.k * s.positions_out())
}

/// Every (image, group) in order: where its part of input, weight and output begins.
fn images_and_groups(s: &ConvShape<3>) -> impl Iterator<Item = (usize, usize, usize)> {
    let ((input, weight, output), groups) = (parts(s), s.spec.groups);
    (0..s.n * groups).map(move |i| (i * input, i % groups * weight, i * output))
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Im2col {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut output = Tensor::scratch(&shape.output_shape())?;
        let s = shape.lift();
        let (x_len, w_len, y_len) = parts(&s);
        let mut columns = Buffer::scratch(s.taps() * s.positions_out());
        for (x, w, y) in images_and_groups(&s) {
            // ANCHOR: forward
            im2col(&s, &input.data()[x..][..x_len], &mut columns);
            let w = MatRef::new(&weight.data()[w..][..w_len], s.k, s.taps())?;
            let p = MatRef::new(&columns, s.taps(), s.positions_out())?;
            gemm(T::ONE, w, p, T::ZERO, &mut output.data_mut()[y..][..y_len])?; // y = W P
            // ANCHOR_END: forward
        }
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
        let mut dx = Tensor::zeros(input_shape)?;
        let s = shape.lift();
        let (x_len, w_len, y_len) = parts(&s);
        let mut columns = Buffer::scratch(s.taps() * s.positions_out());
        for (x, w, y) in images_and_groups(&s) {
            let w = MatRef::new(&weight.data()[w..][..w_len], s.k, s.taps())?;
            let dy = MatRef::new(&grad.data()[y..][..y_len], s.k, s.positions_out())?;
            gemm(T::ONE, w.t(), dy, T::ZERO, &mut columns)?; // dP = Wᵀ dy
            col2im(&s, &columns, &mut dx.data_mut()[x..][..x_len]);
        }
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
        let s = shape.lift();
        let (x_len, w_len, y_len) = parts(&s);
        let mut columns = Buffer::scratch(s.taps() * s.positions_out());
        for (x, w, y) in images_and_groups(&s) {
            im2col(&s, &input.data()[x..][..x_len], &mut columns);
            let dy = MatRef::new(&grad.data()[y..][..y_len], s.k, s.positions_out())?;
            let p = MatRef::new(&columns, s.taps(), s.positions_out())?;
            gemm(T::ONE, dy, p.t(), T::ONE, &mut dw.data_mut()[w..][..w_len])?; // dW += dy Pᵀ
        }
        Ok(dw)
    }
}
