//! What a convolution costs, before anything is computed.

use crate::conv::ConvShape;
use std::ops::Add;

/// What one forward pass takes. The costs of layers that follow each other add up.
///
/// ```
/// use unrolled::ConvSpec;
///
/// let cost = |groups: usize, weight| {
///     let spec = ConvSpec { groups, ..ConvSpec::<2>::default() };
///     spec.resolve(&[1, 64, 56, 56], weight).map(|shape| shape.cost())
/// };
/// let (dense, grouped) = (cost(1, &[128, 64, 3, 3])?, cost(2, &[128, 32, 3, 3])?);
/// assert_eq!((dense.parameters, grouped.parameters), (73_728, 36_864));
/// assert_eq!(dense.multiplies, 2 * grouped.multiplies);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Weights, biases not counted: K C/groups R S.
    pub parameters: u128,
    /// Multiplications, those with zeros of the padding counted: each weight at each of the N Y X places where it lands.
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

impl<const D: usize> ConvShape<D> {
    /// What a forward pass costs.
    pub fn cost(&self) -> Cost {
        let elements = |shape: &[usize]| shape.iter().map(|&n| n as u128).product::<u128>();
        let parameters = elements(&self.weight_shape());
        Cost {
            parameters,
            multiplies: parameters * self.n as u128 * self.positions_out() as u128,
            elements: elements(&self.input_shape()) + parameters + elements(&self.output_shape()),
        }
    }
}
