//! What the three forms have in common: they are convolutions one after the other.

use unrolled::{ChannelBias, ConvSpec, Convolution, Error, Result, Var, conv};

// ANCHOR: pipeline
/// conv(… conv(conv(x, w₀), w₁) …, wₙ) + b. The tape has the gradient: each step knows its own.
///
/// Nothing happens between the steps, neither a bias nor an activation. So they are one linear map
/// together, that of a dense convolution; and as the zeros of a padding stay zeros on their way, each
/// step can add its own.
pub fn pipeline<V: ChannelBias + 'static, A: Convolution<V, 2> + Clone + 'static>(
    algorithm: &A,
    steps: &[ConvSpec<2>],
    input: &Var<V>,
    weights: &[&Var<V>],
    bias: Option<&Var<V>>,
) -> Result<Var<V>> {
    let (mut y, last) = (input.clone(), steps.len() - 1);
    for (i, (step, weight)) in steps.iter().zip(weights).enumerate() {
        y = conv(algorithm, step, &y, weight, bias.filter(|_| i == last))?;
    }
    Ok(y)
}
// ANCHOR_END: pipeline

/// Refuses groups: none of the forms has any but its own.
pub fn one_group(spec: &ConvSpec<2>) -> Result<()> {
    match spec.groups {
        1 => Ok(()),
        groups => Err(Error::argument("groups", groups, "1: the form has the groups that it needs")),
    }
}

/// The part of a specification that is about one axis.
pub fn along(spec: &ConvSpec<2>, axis: usize) -> ConvSpec<2> {
    let only = |values: [usize; 2], neutral| std::array::from_fn(|a| if a == axis { values[a] } else { neutral });
    ConvSpec {
        stride: only(spec.stride, 1),
        padding: only(spec.padding, 0),
        dilation: only(spec.dilation, 1),
        groups: spec.groups,
    }
}

/// Checks the shape of a weight against a layout: `None` is any size.
pub fn check_weight(name: &str, shape: &[usize], sizes: [Option<usize>; 4], layout: &str) -> Result<[usize; 4]> {
    match <[usize; 4]>::try_from(shape) {
        Ok(shape) if shape.iter().zip(sizes).all(|(&n, size)| n > 0 && size.is_none_or(|size| size == n)) => Ok(shape),
        _ => Err(Error::argument(name, shape, layout)),
    }
}
