//! What a convolution, or several in a row, cost.

use unrolled::{ConvSpec, Cost, Error, Result};

/// The cost of convolutions one after the other, from their specifications and the shapes of the first
/// input `[N, C, H, W]` and of the weights, in this order.
///
/// ```
/// use ch10_separable::{cost, depthwise};
/// use unrolled::ConvSpec;
///
/// let spec = ConvSpec::default();
/// let dense = cost(&[spec], &[1, 8, 32, 32], &[&[8, 8, 3, 3]])?;
/// assert_eq!((dense.parameters, dense.multiplies), (576, 518_400));
/// let separable = cost(&depthwise::steps(&spec, 8)?, &[1, 8, 32, 32], &[&[8, 1, 3, 3], &[8, 8, 1, 1]])?;
/// assert_eq!((separable.parameters, separable.multiplies), (72 + 64, 122_400));
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If there aren't as many weights as steps, or a weight doesn't fit what comes to it.
pub fn cost(steps: &[ConvSpec<2>], input: &[usize], weights: &[&[usize]]) -> Result<Cost> {
    if weights.len() != steps.len() {
        return Err(Error::argument("weights", weights.len(), format!("{}, one for each step", steps.len())));
    }
    let (mut total, mut input) = (Cost::default(), input.to_vec());
    for (step, weight) in steps.iter().zip(weights) {
        let shape = step.resolve(&input, weight)?;
        input = shape.output_shape();
        total = total + shape.cost();
    }
    Ok(total)
}
