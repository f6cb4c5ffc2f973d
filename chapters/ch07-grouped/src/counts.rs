//! What a convolution costs, before anything is computed.

use std::ops::Add;
use unrolled::{ConvSpec, Result};

/// What one forward pass takes. The costs of layers that follow each other add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Weights, biases not counted: K · C/groups · R S.
    pub parameters: u128,
    /// Multiplications, zeros of the padding counted: each weight at each of the N Y X places where it lands.
    pub multiplies: u128,
    /// Numbers that go between memory and processor at the least: input, weight and output, once each.
    pub elements: u128,
}

impl Cost {
    /// Arithmetic intensity: floating-point operations, a multiplication and an addition each, for each byte
    /// of input, weight and output, at `element` bytes an element.
    ///
    /// What a machine computes in the time it moves a byte is a number too. A layer whose intensity is below it waits
    /// for memory, however few its operations are. (Williams, Waterman, Patterson, "Roofline", 2009.)
    pub fn intensity(&self, element: usize) -> f64 {
        2.0 * self.multiplies as f64 / (self.elements as f64 * element as f64)
    }
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            parameters: self.parameters + other.parameters,
            multiplies: self.multiplies + other.multiplies,
            elements: self.elements + other.elements,
        }
    }
}

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
    let shape = spec.resolve(input, &weight)?;
    let elements = |shape: &[usize]| shape.iter().map(|&n| n as u128).product::<u128>();
    let parameters = elements(&weight);
    Ok(Cost {
        parameters,
        multiplies: parameters * shape.n as u128 * shape.positions_out() as u128,
        elements: elements(input) + parameters + elements(&shape.output_shape()),
    })
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
