//! The linear layer, and the way there.

use cuda_ch02_im2col::{Matrix, Rung, gemm};
use host::{GpuTensor, Session};
use unrolled::{ChannelBias, Error, Result, Var};

/// From `[N, ...]` to `[N, product of the rest]`; nothing is copied.
///
/// # Errors
/// If `x` has no axes.
pub fn flatten(x: &Var<GpuTensor>) -> Result<Var<GpuTensor>> {
    let value = x.value();
    let from = value.shape().to_vec();
    let [n, rest @ ..] = &from[..] else {
        return Err(Error::argument("input", [(); 0], "at least one axis, [N, ...]"));
    };
    let y = value.reshape(&[*n, rest.iter().product()])?;
    Ok(Var::op(y).input(x, move |dy| dy.reshape(&from)).var())
}

/// y = x Wᵀ + b for x `[N, in]`, W `[out, in]` and b `[out]`, as [`unrolled::nn::linear`].
///
/// dx = dy W, dW = dyᵀ x, and db is the sum of the rows of dy.
///
/// # Errors
/// If `x` or `weight` isn't a matrix, their inner sizes differ, `bias` isn't `[out]`, or the device fails.
// ANCHOR: linear
pub fn linear(x: &Var<GpuTensor>, weight: &Var<GpuTensor>, bias: Option<&Var<GpuTensor>>) -> Result<Var<GpuTensor>> {
    let (input, w) = (x.value(), weight.value());
    let ([n, inputs], [outputs, expected]) = (matrix("input", &input)?, matrix("weight", &w)?);
    if inputs != expected {
        let expected = format!("[N, {expected}], as the weight {:?} says", w.shape());
        return Err(Error::argument("input", input.shape(), expected));
    }
    let mut y =
        product(input.session(), [n, outputs], Matrix::new(&input, n, inputs), Matrix::new(&w, outputs, inputs).t())?;
    if let Some(bias) = bias {
        y = y.add_bias(&bias.value())?;
    }

    let mut op = Var::op(y);
    if let Some(bias) = bias {
        op = op.input(bias, |dy| dy.sum_channels());
    }
    op = op.input(weight, move |dy| {
        product(dy.session(), [outputs, inputs], Matrix::new(&dy, n, outputs).t(), Matrix::new(&input, n, inputs))
    });
    op = op.input(x, move |dy| {
        product(dy.session(), [n, inputs], Matrix::new(&dy, n, outputs), Matrix::new(&w, outputs, inputs))
    });
    Ok(op.var())
}
// ANCHOR_END: linear

/// The sizes of a matrix.
fn matrix(name: &str, tensor: &GpuTensor) -> Result<[usize; 2]> {
    tensor.shape().try_into().map_err(|_| Error::argument(name, tensor.shape(), "two axes"))
}

/// A B as a new tensor of `rows` and `columns`, by the rung of chapter 2's ladder that suits them.
fn product(
    session: &Session,
    [rows, columns]: [usize; 2],
    a: Matrix<&GpuTensor>,
    b: Matrix<&GpuTensor>,
) -> Result<GpuTensor> {
    let mut c = session.scratch(&[rows, columns])?;
    gemm(Rung::fitting(rows, columns), a, b, Matrix::new(&mut c, rows, columns), false)?;
    Ok(c)
}
