//! Exercise 0.3, solved.

use unrolled::{Error, Real, Result, Tensor, Var};

// ANCHOR: running_sum
/// The running sum of `[n]`: `y[i] = x[0] + ... + x[i]`; dx is the running sum of dy from the other end.
pub fn running_sum<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let mut y = x.value();
    if y.shape().len() != 1 {
        return Err(Error::argument("x", y.shape(), "one axis"));
    }
    add_up(y.data_mut().iter_mut());
    let adjoint = |mut dy: Tensor<T>| {
        add_up(dy.data_mut().iter_mut().rev());
        Ok(dy)
    };
    Ok(Var::op(y).input(x, adjoint).var())
}

/// Puts in the place of each number the sum of all so far.
fn add_up<'a, T: Real>(numbers: impl Iterator<Item = &'a mut T>) {
    let mut sum = T::ZERO;
    numbers.for_each(|x| {
        sum += *x;
        *x = sum;
    });
}
// ANCHOR_END: running_sum
