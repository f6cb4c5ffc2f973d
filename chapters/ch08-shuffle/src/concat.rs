//! Channels side by side.

use unrolled::{Error, Real, Result, Tensor, Var, parallel};

/// Puts the channels of several inputs behind each other: from `[N, C₁, ...]`, `[N, C₂, ...]`, ... to
/// `[N, C₁ + C₂ + ..., ...]`.
///
/// Every element is copied once, so the gradient of each input is its own part of dy.
///
/// ```
/// use ch08_shuffle::concat;
/// use unrolled::{Tensor, Var};
///
/// let a = Var::parameter(Tensor::new(&[2, 1], vec![1.0, 2.0])?);
/// let b = Var::parameter(Tensor::new(&[2, 2], vec![3.0, 4.0, 5.0, 6.0])?);
/// let y = concat(&[&a, &b])?;
/// assert_eq!(y.value(), Tensor::new(&[2, 3], vec![1.0, 3.0, 4.0, 2.0, 5.0, 6.0])?);
/// y.backward_from(y.value())?;
/// assert_eq!(b.grad().unwrap().data(), [3.0, 4.0, 5.0, 6.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If there are no inputs, one hasn't two axes, or they differ in more than their channels.
pub fn concat<T: Real>(inputs: &[&Var<Tensor<T>>]) -> Result<Var<Tensor<T>>> {
    // ANCHOR: concat
    let values: Vec<_> = inputs.iter().map(|x| x.value()).collect();
    let shape = joined(&values)?;
    let mut y = Tensor::scratch(&shape)?;
    let image = |shape: &[usize]| shape[1..].iter().product::<usize>(); // its elements
    let whole = image(&shape);
    parallel::chunks_mut(y.data_mut(), whole, |n, mut y| {
        for x in &values {
            let (part, rest) = y.split_at_mut(image(x.shape()));
            part.copy_from_slice(&x.data()[n * part.len()..][..part.len()]);
            y = rest;
        }
    });

    let (mut op, mut start) = (Var::op(y), 0);
    for (input, x) in inputs.iter().zip(values) {
        let (shape, part, from) = (x.shape().to_vec(), image(x.shape()), start);
        start += part;
        op = op.input(input, move |dy| {
            let mut dx = Tensor::scratch(&shape)?;
            parallel::chunks_mut(dx.data_mut(), part, |n, dx| {
                dx.copy_from_slice(&dy.data()[n * whole + from..][..part]);
            });
            Ok(dx)
        });
    }
    Ok(op.var())
    // ANCHOR_END: concat
}

/// The shape of tensors that are joined along axis 1.
fn joined<T: Real>(values: &[Tensor<T>]) -> Result<Vec<usize>> {
    let Some(first) = values.first() else {
        return Err(Error::argument("inputs", [(); 0], "at least one"));
    };
    let [n, _, positions @ ..] = first.shape() else {
        return Err(Error::argument("input 0", first.shape(), "at least two axes, [N, C, ...]"));
    };
    let mut channels = 0_usize;
    for (i, value) in values.iter().enumerate() {
        match value.shape() {
            [m, c, others @ ..] if m == n && others == positions => channels = channels.saturating_add(*c),
            shape => {
                let expected = format!("the shape of input 0, {:?}, in all axes but axis 1", first.shape());
                return Err(Error::argument(format!("input {i}"), shape, expected));
            }
        }
    }
    Ok([&[*n, channels], positions].concat())
}
