//! The linear layer, and the way there.

use crate::kernels::product;
use host::{GpuTensor, Grid, size};
use unrolled::{ChannelBias, Error, Result, Var};

/// From `[N, ...]` to `[N, product of the rest]`; nothing is copied.
///
/// # Errors
/// If `x` has no axes.
pub fn flatten(x: &Var<GpuTensor>) -> Result<Var<GpuTensor>> {
    let value = x.value();
    let from = value.shape().to_vec();
    match from[..] {
        [n, ref rest @ ..] => {
            let y = value.reshape(&[n, rest.iter().product()])?;
            Ok(Var::op(y).input(x, move |dy| dy.reshape(&from)).var())
        }
        [] => Err(Error::argument("input", [(); 0], "at least one axis, [N, ...]")),
    }
}

/// y = x Wᵀ + b for x `[N, in]`, W `[out, in]` and b `[out]`, as [`unrolled::nn::linear`].
///
/// dx = dy W, dW = dyᵀ x, and db is the sum of the rows of dy.
///
/// # Errors
/// If `x` or `weight` isn't a matrix, their inner sizes differ, `bias` isn't `[out]`, or the device fails.
pub fn linear(x: &Var<GpuTensor>, weight: &Var<GpuTensor>, bias: Option<&Var<GpuTensor>>) -> Result<Var<GpuTensor>> {
    let (input, w) = (x.value(), weight.value());
    let (a, b) = (Matrix::of("input", &input)?, Matrix::of("weight", &w)?);
    if a.columns != b.columns {
        let expected = format!("[N, {}], as the weight {:?} says", b.columns, w.shape());
        return Err(Error::argument("input", input.shape(), expected));
    }
    let mut y = a.times(&b.t())?;
    let mut op_bias = None;
    if let Some(bias) = bias {
        let (value, out) = (bias.value(), b.rows);
        if value.shape() != [out] {
            return Err(Error::argument("bias", value.shape(), format!("[{out}], one per output")));
        }
        y = y.add_bias(&value)?;
        op_bias = Some(bias);
    }

    let mut op = Var::op(y);
    if let Some(bias) = op_bias {
        op = op.input(bias, |dy| dy.sum_channels());
    }
    op = op.input(weight, move |dy| Matrix::of("gradient", &dy)?.t().times(&Matrix::of("input", &input)?));
    op = op.input(x, move |dy| Matrix::of("gradient", &dy)?.times(&Matrix::of("weight", &w)?));
    Ok(op.var())
}

/// A tensor of two axes, or its transpose, which lies in memory as it did before.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    tensor: &'a GpuTensor,
    rows: usize,
    columns: usize,
    /// Elements from one row to the next, and from one column to the next.
    steps: [usize; 2],
}

impl<'a> Matrix<'a> {
    fn of(name: &str, tensor: &'a GpuTensor) -> Result<Self> {
        match *tensor.shape() {
            [rows, columns] => Ok(Self { tensor, rows, columns, steps: [columns, 1] }),
            _ => Err(Error::argument(name, tensor.shape(), "two axes")),
        }
    }

    fn t(self) -> Self {
        let [row, column] = self.steps;
        Self { rows: self.columns, columns: self.rows, steps: [column, row], ..self }
    }

    /// The product, as a new tensor.
    fn times(self, right: &Matrix<'_>) -> Result<GpuTensor> {
        const SIDE: usize = 16;
        let session = self.tensor.session();
        let mut c = session.scratch(&[self.rows, right.columns])?;
        let grid = [self.rows.div_ceil(SIDE), right.columns.div_ceil(SIDE), 1];
        let grid = Grid::new(grid, [SIDE as u32, SIDE as u32, 1])?;
        let [rows, columns] = [size("rows", self.rows)?, size("columns", right.columns)?];
        let depth = size("depth", self.columns)?;
        let [a_row, a_depth] = [size("rows", self.steps[0])?, size("depth", self.steps[1])?];
        let [b_depth, b_column] = [size("depth", right.steps[0])?, size("columns", right.steps[1])?];
        product::product(
            session,
            grid,
            self.tensor,
            right.tensor,
            &mut c,
            rows,
            columns,
            depth,
            a_row,
            a_depth,
            b_depth,
            b_column,
        )?;
        Ok(c)
    }
}
