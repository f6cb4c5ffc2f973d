//! Spatially separable: a column, then a row.

use crate::pipeline::{along, check_weight, one_group, pipeline};
use unrolled::{ChannelBias, ConvSpec, Convolution, Real, Result, Tensor, Var};

/// The two convolutions that stand for one with this specification: down the height, then along the
/// width.
///
/// # Errors
/// If `spec` has groups.
pub fn steps(spec: &ConvSpec<2>) -> Result<[ConvSpec<2>; 2]> {
    one_group(spec)?;
    Ok([along(spec, 0), along(spec, 1)])
}

/// The spatially separable convolution: columns of R × 1, then rows of 1 × S.
///
/// Input `[N, C, H, W]`, weights `[M, C, R, 1]` and `[K, M, 1, S]`, bias `[K]`, result `[N, K, Y, X]`.
/// M, the channels between the two, is yours to choose: the kernel that they make together is a sum of
/// M products. Weights: R C M + S M K, against R S C K of the dense convolution.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch10_separable::spatially_separable;
/// use unrolled::{ConvSpec, Tensor, Var};
///
/// let image = Var::constant(Tensor::<f32>::from_fn(&[1, 1, 3, 4], |i| (i % 4) as f32)?);
/// let column = Var::parameter(Tensor::new(&[1, 1, 3, 1], vec![1.0, 2.0, 1.0])?);
/// let row = Var::parameter(Tensor::new(&[1, 1, 1, 3], vec![1.0, 0.0, -1.0])?);
/// let edges = spatially_separable(&Fused, &ConvSpec::default(), &image, [&column, &row], None)?;
/// assert_eq!(edges.value().data(), [-8.0, -8.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If `spec` has groups, a weight has another layout, or as [`conv`](fn@unrolled::conv).
// ANCHOR: layer
pub fn spatially_separable<V: ChannelBias + 'static, A: Convolution<V, 2> + Clone + 'static>(
    algorithm: &A,
    spec: &ConvSpec<2>,
    input: &Var<V>,
    [column, row]: [&Var<V>; 2],
    bias: Option<&Var<V>>,
) -> Result<Var<V>> {
    check(column.value().shape(), row.value().shape())?;
    pipeline(algorithm, &steps(spec)?, input, &[column, row], bias)
}
// ANCHOR_END: layer

/// The sizes [K, M, C, R, S] of two weights that fit each other.
fn check(column: &[usize], row: &[usize]) -> Result<[usize; 5]> {
    let [m, c, r, _] = check_weight("column", column, [None, None, None, Some(1)], "[M, C, R, 1]")?;
    let layout = format!("[K, {m}, 1, S], for the {m} channels that the column makes");
    let [k, .., s] = check_weight("row", row, [None, Some(m), Some(1), None], &layout)?;
    Ok([k, m, c, r, s])
}

// ANCHOR: composed
/// The dense kernel `[K, C, R, S]` that a column `[M, C, R, 1]` and a row `[K, M, 1, S]` make:
/// `W[k,c,r,s] = Σₘ row[k,m,s] column[m,c,r]`.
///
/// # Errors
/// If a weight has another layout.
pub fn composed<T: Real>(column: &Tensor<T>, row: &Tensor<T>) -> Result<Tensor<T>> {
    let [k, m, c, r, s] = check(column.shape(), row.shape())?;
    let (column, row) = (column.data(), row.data());
    Tensor::from_fn(&[k, c, r, s], |i| {
        let [k, cr, s_] = [i / (c * r * s), i / s % (c * r), i % s];
        (0..m).fold(T::ZERO, |sum, j| sum + row[(k * m + j) * s + s_] * column[j * c * r + cr])
    })
}
// ANCHOR_END: composed
