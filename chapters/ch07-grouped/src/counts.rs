//! What a convolution costs, before anything is computed.

use unrolled::{ConvSpec, Cost, Result};

/// The cost of a convolution of this input `[N, C, ...]` to `outputs` channels, with the groups that `spec` names.
///
/// Groups divide parameters and multiplies: a weight sees C/groups channels instead of C.
///
/// ```
/// use ch07_grouped::cost;
/// use unrolled::ConvSpec;
///
/// let groups = |groups| ConvSpec { groups, ..ConvSpec::<2>::default() };
/// assert_eq!(cost(&groups(1), &[1, 64, 56, 56], 128, [3, 3])?.parameters, 73_728);
/// assert_eq!(cost(&groups(2), &[1, 64, 56, 56], 128, [3, 3])?.parameters, 36_864);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`ConvSpec::resolve`].
// ANCHOR: cost
pub fn cost<const D: usize>(spec: &ConvSpec<D>, input: &[usize], outputs: usize, kernel: [usize; D]) -> Result<Cost> {
    let channels = input.get(1).copied().unwrap_or(0) / spec.groups.max(1);
    let weight: Vec<_> = [outputs, channels].into_iter().chain(kernel).collect();
    Ok(spec.resolve(input, &weight)?.cost())
}
// ANCHOR_END: cost

/// The cost of a depthwise convolution: as many groups as channels (whatever `spec` says), one output each.
///
/// # Errors
/// As [`cost`].
pub fn depthwise_cost<const D: usize>(spec: &ConvSpec<D>, input: &[usize], kernel: [usize; D]) -> Result<Cost> {
    let channels = input.get(1).copied().unwrap_or(0);
    cost(&ConvSpec { groups: channels.max(1), ..*spec }, input, channels, kernel)
}

/// The cost of a pointwise convolution: a kernel of one tap, which mixes channels and nothing else.
///
/// # Errors
/// As [`cost`].
pub fn pointwise_cost<const D: usize>(input: &[usize], outputs: usize) -> Result<Cost> {
    cost(&ConvSpec::<D>::default(), input, outputs, [1; D])
}
