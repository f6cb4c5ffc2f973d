//! Exercise 0.5, solved.

use unrolled::{Error, Result, Value, Var, no_grad};

// ANCHOR: checkpoint
/// `part` of `x`, without keeping what is inside of it: the backward pass computes it once more.
pub fn checkpoint<V: Value + 'static>(
    part: impl Fn(&Var<V>) -> Result<Var<V>> + 'static,
    x: &Var<V>,
) -> Result<Var<V>> {
    let y = no_grad(|| part(x))?.value();
    let value = x.value();
    let adjoint = move |dy| {
        let again = Var::parameter(value);
        part(&again)?.backward_from(dy)?;
        again.grad().ok_or_else(|| Error::argument("part", "a result that its input has no part in", "one that it has"))
    };
    Ok(Var::op(y).input(x, adjoint).var())
}
// ANCHOR_END: checkpoint
