//! What a classifier is trained on and judged by.

use crate::error::{Error, Result};
use crate::parallel;
use crate::real::Real;
use crate::tensor::{self, Tensor};
use crate::var::Var;

/// The mean cross-entropy −ln softmax(logits)\[label\] over a batch, of rank 0.
///
/// `logits` are `[N, classes]`, `labels` the N true classes. The gradient is what one would guess:
/// the predicted probabilities less the true ones, (softmax(logits) − onehot(labels)) / N · dy.
/// The loss of an empty batch is NaN, its gradient empty; NaN logits make the loss NaN.
///
/// ```
/// use unrolled::{Tensor, Var, nn};
///
/// let logits = Var::parameter(Tensor::new(&[1, 2], vec![1e4, -1e4])?);
/// let loss = nn::softmax_cross_entropy(&logits, &[1])?;
/// loss.backward()?;
/// assert_eq!(loss.value().data(), [2e4]);
/// assert_eq!(logits.grad().unwrap().data(), [1.0, -1.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If `logits` isn't a matrix, there aren't N labels, or one is no class.
pub fn softmax_cross_entropy<T: Real>(logits: &Var<Tensor<T>>, labels: &[usize]) -> Result<Var<Tensor<T>>> {
    let value = logits.value();
    let (n, classes) = check(&value, labels)?;
    let log_p = log_softmax(value, classes);
    let losses: Vec<T> = rows(&log_p, classes).zip(labels).map(|(row, &label)| -row[label]).collect();
    let loss = tensor::sum(&losses) / T::of(n as f64);

    let labels = labels.to_vec();
    let adjoint = move |dy: Tensor<T>| {
        let factor = dy.data()[0] / T::of(n as f64);
        let mut dx = log_p.map(|log_p| log_p.exp() * factor);
        for (row, &label) in dx.data_mut().chunks_mut(classes.max(1)).zip(&labels) {
            row[label] -= factor;
        }
        Ok(dx)
    };
    Ok(Var::op(Tensor::scalar(loss)).input(logits, adjoint).var())
}

/// The probabilities eˣ / Σ eˣ of each row of `[N, classes]`.
///
/// # Errors
/// If `logits` isn't a matrix.
pub fn softmax<T: Real>(logits: &Tensor<T>) -> Result<Tensor<T>> {
    let (_, classes) = matrix(logits)?;
    Ok(log_softmax(logits.clone(), classes).map(T::exp))
}

/// ln softmax(x) = x − max − ln Σ exp(x − max), row by row. Less the maximum, no exponential
/// overflows, and at least one term of the sum is 1, so that its logarithm exists.
fn log_softmax<T: Real>(mut x: Tensor<T>, classes: usize) -> Tensor<T> {
    const ROWS: usize = 256; // to a task
    parallel::chunks_mut(x.data_mut(), ROWS * classes.max(1), |_, chunk| {
        for row in chunk.chunks_mut(classes) {
            let max = row.iter().fold(row[0], |max, &x| if x > max { x } else { max });
            let sum = row.iter().fold(T::ZERO, |sum, &x| sum + (x - max).exp());
            let log = sum.ln();
            row.iter_mut().for_each(|x| *x = (*x - max) - log);
        }
    });
    x
}

/// The index of the largest element in each row of `[N, classes]`; the first of equals.
///
/// # Errors
/// If `logits` isn't a matrix, or there are no classes to choose from.
pub fn argmax<T: Real>(logits: &Tensor<T>) -> Result<Vec<usize>> {
    let (n, classes) = matrix(logits)?;
    if n > 0 && classes == 0 {
        return Err(Error::argument("logits", logits.shape(), "at least one class"));
    }
    let best = |row: &[T]| (0..classes).fold(0, |best, j| if row[j] > row[best] { j } else { best });
    Ok(rows(logits, classes).map(best).collect())
}

/// The share of rows of `logits` `[N, classes]` whose largest element is that of the label; NaN of no rows.
///
/// # Errors
/// As [`softmax_cross_entropy`].
pub fn accuracy<T: Real>(logits: &Tensor<T>, labels: &[usize]) -> Result<f64> {
    let (n, _) = check(logits, labels)?;
    let right = argmax(logits)?.iter().zip(labels).filter(|(guess, label)| guess == label).count();
    Ok(right as f64 / n as f64)
}

fn rows<T: Real>(t: &Tensor<T>, classes: usize) -> impl Iterator<Item = &[T]> {
    t.data().chunks(classes.max(1))
}

/// N and the number of classes.
fn matrix<T: Real>(logits: &Tensor<T>) -> Result<(usize, usize)> {
    match *logits.shape() {
        [n, classes] => Ok((n, classes)),
        _ => Err(Error::argument("logits", logits.shape(), "two axes, [N, classes]")),
    }
}

fn check<T: Real>(logits: &Tensor<T>, labels: &[usize]) -> Result<(usize, usize)> {
    let (n, classes) = matrix(logits)?;
    if labels.len() != n {
        return Err(Error::argument("labels", labels.len(), format!("{n} of them, one per row of the logits")));
    }
    match labels.iter().position(|&label| label >= classes) {
        Some(i) => Err(Error::argument(format!("label {i}"), labels[i], format!("a class: less than {classes}"))),
        None => Ok((n, classes)),
    }
}
