//! Pooling: each output is the mean or the maximum over a window of its channel.

use super::windows::{each_group, passes, reduce, room, transpose, windows};
use crate::conv::{ConvSpec, axis_names};
use crate::error::{Error, Result};
use crate::real::Real;
use crate::simd::vectorize;
use crate::tensor::Tensor;
use crate::var::Var;
use std::ops::Range;

/// Where a pooling window lands on its input; axes in the order of the tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool<const D: usize> {
    /// Size of the window, at least 1.
    pub kernel: [usize; D],
    /// Steps of the window over the input, at least 1.
    pub stride: [usize; D],
    /// What is put before and behind the input; at most half of the window.
    pub padding: [usize; D],
}

impl<const D: usize> Pool<D> {
    /// Windows beside each other, as PyTorch's default: the stride is the window's size.
    pub fn new(kernel: [usize; D]) -> Self {
        Self { kernel, stride: kernel, padding: [0; D] }
    }

    /// The number of windows along each axis.
    fn output(&self, input: [usize; D]) -> Result<[usize; D]> {
        let Self { kernel, stride, padding } = *self;
        let output = ConvSpec { stride, padding, ..ConvSpec::default() }.output_size(input, kernel)?;
        for (axis, name) in axis_names::<D>().into_iter().enumerate() {
            if padding[axis] > kernel[axis] / 2 {
                let expected = format!("at most half of the kernel, {}", kernel[axis] / 2);
                return Err(Error::argument(format!("padding along {name}"), padding[axis], expected));
            }
        }
        Ok(output)
    }

    /// The part of the input that window `i` sees along an axis: never nothing, as the padding is
    /// at most half of the window.
    fn window(&self, input: [usize; D], axis: usize, i: usize) -> Range<usize> {
        let (start, padding) = (i * self.stride[axis], self.padding[axis]);
        start.max(padding) - padding..(start + self.kernel[axis] - padding).min(input[axis])
    }
}

/// The mean over windows; zeros of the padding count (PyTorch's `count_include_pad=True`).
///
/// From `[N, C, ...]` to `[N, C, ...]` with floor((in + 2 padding − kernel) / stride) + 1 positions
/// along each axis. In the backward pass each input gets dy / |window| from every window it is in.
///
/// ```
/// use unrolled::nn::{Pool, avg_pool};
/// use unrolled::{Tensor, Var};
///
/// let x = Var::constant(Tensor::new(&[1, 1, 2, 4], vec![1.0, 2.0, 5.0, 5.0, 3.0, 4.0, 5.0, 9.0])?);
/// assert_eq!(avg_pool(&Pool::new([2, 2]), &x)?.value().data(), [2.5, 6.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If the input isn't `[N, C, ...]` with D spatial axes, none of them empty, or the window is empty, larger
/// than the padded input, has a stride of 0, or a padding above half of its size.
pub fn avg_pool<T: Real, const D: usize>(pool: &Pool<D>, x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let size = spatial(x.value().shape())?;
    average(x, size, pool.output(size)?, |axis, i| pool.window(size, axis, i), |axis, _| pool.kernel[axis])
}

/// The mean over as many windows as the output shall have, whatever the input's size.
///
/// From `[N, C, ...]` to `[N, C, output...]`. Output i of `out` sees the input from
/// floor(i · in / out) to ceil((i + 1) · in / out), PyTorch's rule: where `out` doesn't divide `in`,
/// windows overlap and differ in size. The backward pass is that of [`avg_pool`].
///
/// ```
/// use unrolled::{Tensor, Var, nn};
///
/// let x = Var::constant(Tensor::new(&[1, 1, 4], vec![3.0, 6.0, 9.0, 12.0])?);
/// assert_eq!(nn::adaptive_avg_pool([3], &x)?.value().data(), [4.5, 7.5, 10.5]); // windows 0..2, 1..3, 2..4
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If the input isn't `[N, C, ...]` with D spatial axes, none of them empty, or an output size is 0
/// or too large.
pub fn adaptive_avg_pool<T: Real, const D: usize>(output: [usize; D], x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let size = spatial(x.value().shape())?;
    for (axis, name) in axis_names::<D>().into_iter().enumerate() {
        if output[axis] == 0 || output[axis].checked_mul(size[axis]).is_none() {
            return Err(Error::argument(
                format!("output size along {name}"),
                output[axis],
                "at least 1, and no overflow",
            ));
        }
    }
    let window = |axis: usize, i: usize| {
        let (input, output) = (size[axis], output[axis]);
        i * input / output..((i + 1) * input).div_ceil(output)
    };
    average(x, size, output, window, |_, window| window.len())
}

/// Sums over windows, divided by the product of the `count`s of their sides.
fn average<T: Real, const D: usize>(
    x: &Var<Tensor<T>>,
    size: [usize; D],
    output: [usize; D],
    window: impl Fn(usize, usize) -> Range<usize>,
    count: impl Fn(usize, &Range<usize>) -> usize,
) -> Result<Var<Tensor<T>>> {
    let value = x.value();
    let shape = value.shape().to_vec();
    let mut y = pooled(&shape, output)?;
    if y.is_empty() {
        return Ok(Var::op(y).input(x, move |_| Tensor::zeros(&shape)).var());
    }
    let windows = windows(output, window);
    // |window| for each position of a plane: the outer product of the counts along its axes.
    let mut counts = vec![T::ONE];
    for axis in 0..D {
        let along: Vec<_> = windows[axis].iter().map(|w| T::of(count(axis, w) as f64)).collect();
        counts = counts.iter().flat_map(|&c| along.iter().map(move |&n| c * n)).collect();
    }
    let (from, to) = (size.iter().product::<usize>(), counts.len());

    // The sum over windows is linear: y = S x / counts, so dx = Sᵀ (dy / counts). Sᵀ is a sum over
    // windows too, the transposed ones; its axes come in reverse, as in (A B)ᵀ = Bᵀ Aᵀ.
    let down = passes(size, &windows, 0..D);
    each_group(y.data_mut(), to, to + room(&down), |first, y, scratch| {
        let n = y.len() / to;
        let (sums, scratch) = scratch.split_at_mut(n * to);
        reduce(&down, n, planes(&value, first, n, from), sums, scratch, |a, b| a + b);
        divide(sums, &counts, y);
    });

    let adjoint = move |dy: Tensor<T>| {
        let up = passes(output, &transpose(&windows, size), (0..D).rev());
        let mut dx = Tensor::scratch(&shape)?;
        each_group(dx.data_mut(), from, to + room(&up), |first, dx, scratch| {
            let n = dx.len() / from;
            let (shares, scratch) = scratch.split_at_mut(n * to);
            divide(planes(&dy, first, n, to), &counts, shares);
            reduce(&up, n, shares, dx, scratch, |a, b| a + b);
        });
        Ok(dx)
    };
    Ok(Var::op(y).input(x, adjoint).var())
}

/// y = x / counts, plane by plane.
fn divide<T: Real>(x: &[T], counts: &[T], y: &mut [T]) {
    vectorize(
        #[inline(always)]
        || {
            for (x, y) in x.chunks_exact(counts.len()).zip(y.chunks_exact_mut(counts.len())) {
                y.iter_mut().zip(x).zip(counts).for_each(|((y, &x), &count)| *y = x / count);
            }
        },
    );
}

/// The maximum over windows; padding never wins, as if it were −∞.
///
/// From `[N, C, ...]` to `[N, C, ...]` with the sizes of [`avg_pool`]. The gradient goes to the
/// element that won, the first in the order of memory if several are equal. A NaN wins.
///
/// # Errors
/// As [`avg_pool`].
pub fn max_pool<T: Real, const D: usize>(pool: &Pool<D>, x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let value = x.value();
    let shape = value.shape().to_vec();
    let size = spatial(&shape)?;
    let output = pool.output(size)?;
    let mut y = pooled(&shape, output)?;
    if y.is_empty() {
        return Ok(Var::op(y).input(x, move |_| Tensor::zeros(&shape)).var());
    }
    let (from, to) = (size.iter().product(), output.iter().product());

    // Columns before rows: a row's first maximum is found before the first of the rows that have it.
    let windows = windows(output, |axis, i| pool.window(size, axis, i));
    let passes = passes(size, &windows, (0..D).rev());
    let places: Vec<usize> = (0..from).collect();
    let mut winners = vec![0; y.len()];
    each_group(&mut winners, to, room(&passes), |first, winners, scratch| {
        for (i, winners) in winners.chunks_mut(to).enumerate() {
            let x = planes(&value, first + i, 1, from);
            let larger = |a: usize, b: usize| if x[b] > x[a] || x[b].f64().is_nan() { b } else { a };
            reduce(&passes, 1, &places, winners, scratch, larger);
        }
    });
    each_group(y.data_mut(), to, 0, |first, y, _| {
        for (i, y) in (first..).zip(y.chunks_mut(to)) {
            let x = planes(&value, i, 1, from);
            y.iter_mut().zip(&winners[i * to..]).for_each(|(y, &winner)| *y = x[winner]);
        }
    });

    let adjoint = move |dy: Tensor<T>| {
        let mut dx = Tensor::zeros(&shape)?;
        each_group(dx.data_mut(), from, 0, |first, dx, _| {
            for (i, dx) in (first..).zip(dx.chunks_mut(from)) {
                planes(&dy, i, 1, to).iter().zip(&winners[i * to..]).for_each(|(&dy, &winner)| dx[winner] += dy);
            }
        });
        Ok(dx)
    };
    Ok(Var::op(y).input(x, adjoint).var())
}

/// The spatial sizes of `[N, C, ...]`.
fn spatial<const D: usize>(shape: &[usize]) -> Result<[usize; D]> {
    let size = shape.get(2..).and_then(|size| <[usize; D]>::try_from(size).ok());
    size.filter(|size| !size.contains(&0))
        .ok_or_else(|| Error::argument("input", shape, format!("[N, C] and {D} spatial axes, none of them empty")))
}

/// An output `[N, C, output...]` for an input `[N, C, ...]`.
fn pooled<T: Real, const D: usize>(input: &[usize], output: [usize; D]) -> Result<Tensor<T>> {
    Tensor::scratch(&[&input[..2], &output].concat())
}

/// `n` planes of all channels of all images, from the `first` on.
fn planes<T: Real>(t: &Tensor<T>, first: usize, n: usize, size: usize) -> &[T] {
    &t.data()[first * size..][..n * size]
}
