//! What a classifier is trained on.

use crate::{THREADS, kernels::loss};
use host::{GpuTensor, Grid, size};
use unrolled::{Error, Result, Var};

/// The mean cross-entropy −ln softmax(logits)\[label\] over a batch, of rank 0, for logits `[N, classes]`: as
/// [`unrolled::nn::softmax_cross_entropy`], but with the GPU's approximate powers and logarithms.
///
/// # Errors
/// If `logits` isn't a matrix, there aren't N labels, one is no class, or the device fails.
pub fn softmax_cross_entropy(logits: &Var<GpuTensor>, labels: &[usize]) -> Result<Var<GpuTensor>> {
    let value = logits.value();
    let session = value.session().clone();
    let (n, classes) = check(&value, labels)?;
    let [rows, columns] = [size("rows", n)?, size("classes", classes)?];
    let labels = labels.iter().map(|&label| size("label", label)).collect::<Result<Vec<_>>>()?;
    let labels = session.upload_u32(&labels)?;

    let mut log_p = session.scratch(value.shape())?;
    let grid = Grid::new([n.div_ceil(4), 1, 1], [32, 4, 1])?;
    loss::log_softmax(&session, grid, &value, &mut log_p, rows, columns)?;
    let mut mean = session.scratch(&[])?;
    let grid = Grid::new([1, 1, 1], [256, 1, 1])?;
    loss::cross_entropy(&session, grid, &log_p, &labels, &mut mean, rows, columns)?;

    let adjoint = move |dy: GpuTensor| {
        let mut dx = session.scratch(log_p.shape())?;
        let grid = Grid::cover(dx.len(), THREADS)?;
        loss::cross_entropy_grad(&session, grid, &log_p, &labels, &dy, &mut dx, rows, columns)?;
        Ok(dx)
    };
    Ok(Var::op(mean).input(logits, adjoint).var())
}

/// N and the number of classes.
fn check(logits: &GpuTensor, labels: &[usize]) -> Result<(usize, usize)> {
    let &[n, classes] = logits.shape() else {
        return Err(Error::argument("logits", logits.shape(), "two axes, [N, classes]"));
    };
    if labels.len() != n {
        return Err(Error::argument("labels", labels.len(), format!("{n} of them, one per row of the logits")));
    }
    match labels.iter().position(|&label| label >= classes) {
        Some(i) => Err(Error::argument(format!("label {i}"), labels[i], format!("a class: less than {classes}"))),
        None => Ok((n, classes)),
    }
}
