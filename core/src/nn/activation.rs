//! The activation between layers.

use crate::error::Result;
use crate::real::Real;
use crate::tensor::Tensor;
use crate::var::Var;

/// max(x, 0), elementwise; dx = dy where y > 0, and 0 elsewhere.
///
/// The slope at 0 is a choice; 0, as PyTorch has it. NaN stays NaN: hence the comparisons ask
/// for what is cut off, not for what is kept.
///
/// # Errors
/// None; a `Result` like its neighbours.
// ANCHOR: relu
pub fn relu<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let y = x.value().map(|x| if x < T::ZERO { T::ZERO } else { x });
    let kept = y.clone();
    Ok(Var::op(y).input(x, move |dy| dy.zip(&kept, |dy, y| if y <= T::ZERO { T::ZERO } else { dy })).var())
}
// ANCHOR_END: relu
