//! The same elements under another shape.

use crate::error::{Error, Result};
use crate::real::Real;
use crate::tensor::Tensor;
use crate::var::Var;

/// The elements of `x` under another shape; neither they nor their gradient are copied.
///
/// # Errors
/// If the new shape has another number of places.
pub fn reshape<T: Real>(x: &Var<Tensor<T>>, shape: &[usize]) -> Result<Var<Tensor<T>>> {
    let value = x.value();
    let from = value.shape().to_vec();
    Ok(Var::op(value.reshape(shape)?).input(x, move |dy| dy.reshape(&from)).var())
}

/// From `[N, ...]` to `[N, product of the rest]`: between convolutions and linear layers.
///
/// # Errors
/// If `x` has no axes.
pub fn flatten<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    match *x.value().shape() {
        [n, ref rest @ ..] => reshape(x, &[n, rest.iter().product()]),
        [] => Err(Error::argument("input", [(); 0], "at least one axis, [N, ...]")),
    }
}
