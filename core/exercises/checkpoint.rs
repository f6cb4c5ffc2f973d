//! Exercise 0.5: `cargo test -p unrolled --test exercises checkpoint`

use unrolled::{Result, Value, Var, no_grad};

/// `part` of `x`, without keeping what is inside of it: the backward pass computes it once more.
///
/// Forwards, run `part` where nothing is recorded. The adjoint makes a parameter of the value of `x`, runs `part` on it,
/// sends the gradient back through that, and takes the parameter's.
///
/// # Errors
/// As `part`.
pub fn checkpoint<V: Value + 'static>(
    part: impl Fn(&Var<V>) -> Result<Var<V>> + 'static,
    x: &Var<V>,
) -> Result<Var<V>> {
    todo!()
}
