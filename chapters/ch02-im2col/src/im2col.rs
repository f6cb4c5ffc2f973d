//! The textbook version: write the column matrix down, then multiply.

use std::ops::Range;
use unrolled::buffer::Buffer;
use unrolled::gemm::{MatRef, copy_run, gemm};
use unrolled::simd::vectorize;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor, parallel};

/// Walks over the column matrix, a line of output positions (z, y, ·) at a time, for the taps `rows`.
///
/// Tap (c, q, r, s) meets position (z, y, x) at the input element
/// (c, z·stride + q·dilation − padding, ...). `line(row, col, inside, from)` gets the row, counted
/// from the range's beginning, the column of x = 0, those x that fall onto the image rather than
/// into the padding, and the address of the first of them.
// ANCHOR: lines
#[inline(always)]
fn for_lines(shape: &ConvShape<3>, rows: Range<usize>, mut line: impl FnMut(usize, usize, Range<usize>, usize)) {
    let ([oz, oy, ox], [_, kr, ks], [depth, height, width]) = (shape.output, shape.kernel, shape.input);
    let (stride, dilation, padding) = (shape.spec.stride, shape.spec.dilation, shape.spec.padding);
    let taps = shape.taps() / shape.c;
    for (row, tap) in rows.enumerate() {
        let (c, q, r, s) = (tap / taps, tap % taps / (kr * ks), tap / ks % kr, tap % ks);
        // x·stride + s·dilation is the place in the padded image: inside from padding to padding + width.
        let reach = |end: usize| end.saturating_sub(s * dilation[2]).div_ceil(stride[2]).min(ox);
        let inside = reach(padding[2])..reach(padding[2] + width);
        for z in 0..oz {
            for y in 0..oy {
                let iz = (z * stride[0] + q * dilation[0]).wrapping_sub(padding[0]);
                let iy = (y * stride[1] + r * dilation[1]).wrapping_sub(padding[1]);
                let ix = (inside.start * stride[2] + s * dilation[2]).wrapping_sub(padding[2]);
                let on_image = iz < depth && iy < height && !inside.is_empty();
                let (inside, from) = match on_image {
                    true => (inside.clone(), ((c * depth + iz) * height + iy) * width + ix),
                    false => (0..0, 0),
                };
                line(row, (z * oy + y) * ox, inside, from);
            }
        }
    }
}
// ANCHOR_END: lines

// ANCHOR: copy_line
/// One line of the matrix: every `step`-th element of the input where the tap is on the image, zeros elsewhere.
#[inline(always)]
fn copy_line<T: Real>(input: &[T], step: usize, line: &mut [T], inside: Range<usize>) {
    line[..inside.start].fill(T::ZERO);
    line[inside.end..].fill(T::ZERO);
    let line = &mut line[inside];
    if step == 1 {
        copy_run(input, line, line.len());
    } else {
        line.iter_mut().zip(input.iter().step_by(step)).for_each(|(y, &x)| *y = x);
    }
}
// ANCHOR_END: copy_line

// ANCHOR: im2col
/// The column matrix `[C/groups · taps, positions]` of one image and group: each column is the
/// patch of the input that one output position sees.
///
/// `input` is `[C/groups, ...]`; `columns` is written whole.
pub fn im2col<T: Real>(shape: &ConvShape<3>, input: &[T], columns: &mut [T]) {
    let (positions, ox, step) = (shape.positions_out(), shape.output[2], shape.spec.stride[2]);
    let rows = (16 * 1024_usize).div_ceil(positions); // enough for a task
    parallel::chunks_mut(columns, rows * positions, |i, out| {
        vectorize(
            #[inline(always)]
            || {
                let rows = i * rows..i * rows + out.len() / positions;
                for_lines(
                    shape,
                    rows,
                    #[inline(always)]
                    |row, col, inside, from| {
                        copy_line(&input[from..], step, &mut out[row * positions + col..][..ox], inside);
                    },
                );
            },
        );
    });
}
// ANCHOR_END: im2col

// ANCHOR: col2im
/// The adjoint of [`im2col`]: adds each element of the column matrix to the input it was copied
/// from. An input that several windows share collects all their gradients; one that no window
/// touches stays as it is.
pub fn col2im<T: Real>(shape: &ConvShape<3>, columns: &[T], input: &mut [T]) {
    let (positions, step) = (shape.positions_out(), shape.spec.stride[2]);
    let taps = shape.taps() / shape.c;
    parallel::chunks_mut(input, shape.positions_in(), |c, channel| {
        // A channel's rows of the matrix lie as those of the first.
        let columns = &columns[c * taps * positions..];
        vectorize(
            #[inline(always)]
            || {
                for_lines(
                    shape,
                    0..taps,
                    #[inline(always)]
                    |row, col, inside, from| {
                        let line = &columns[row * positions + col..][inside];
                        channel[from..].iter_mut().step_by(step).zip(line).for_each(|(x, &dp)| *x += dp);
                    },
                );
            },
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
            // ANCHOR: grad_input
            let w = MatRef::new(&weight.data()[w..][..w_len], s.k, s.taps())?;
            let dy = MatRef::new(&grad.data()[y..][..y_len], s.k, s.positions_out())?;
            gemm(T::ONE, w.t(), dy, T::ZERO, &mut columns)?; // dP = Wᵀ dy
            col2im(&s, &columns, &mut dx.data_mut()[x..][..x_len]);
            // ANCHOR_END: grad_input
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
            // ANCHOR: grad_weight
            im2col(&s, &input.data()[x..][..x_len], &mut columns);
            let dy = MatRef::new(&grad.data()[y..][..y_len], s.k, s.positions_out())?;
            let p = MatRef::new(&columns, s.taps(), s.positions_out())?;
            gemm(T::ONE, dy, p.t(), T::ONE, &mut dw.data_mut()[w..][..w_len])?; // dW += dy Pᵀ
            // ANCHOR_END: grad_weight
        }
        Ok(dw)
    }
}
