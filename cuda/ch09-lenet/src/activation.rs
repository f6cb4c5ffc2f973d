//! The activation between layers.

use crate::{THREADS, kernels::activation};
use host::{GpuTensor, Grid, size};
use unrolled::{Result, Var};

/// max(x, 0), elementwise; dx = dy where y > 0, and 0 elsewhere. NaN stays NaN: see [`unrolled::nn::relu`].
///
/// # Errors
/// If the device fails.
pub fn relu(x: &Var<GpuTensor>) -> Result<Var<GpuTensor>> {
    let value = x.value();
    let (grid, count) = (Grid::cover(value.len(), THREADS)?, size("elements", value.len())?);
    let mut y = value.session().scratch(value.shape())?;
    activation::relu(value.session(), grid, &value, &mut y, count)?;

    let kept = y.clone();
    let adjoint = move |dy: GpuTensor| {
        let mut dx = dy.session().scratch(kept.shape())?;
        activation::relu_grad(dy.session(), grid, &kept, &dy, &mut dx, count)?;
        Ok(dx)
    };
    Ok(Var::op(y).input(x, adjoint).var())
}
