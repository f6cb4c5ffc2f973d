//! Exercise 11.3.

use ch11_choosing::{Forecast, Model, Pass};
use unrolled::ConvShape;

// ANCHOR: one_by_one
pub fn takes(shape: &ConvShape<2>) -> Result<(), &'static str> {
    if shape.kernel != [1; 2] {
        return Err("more than one tap");
    }
    if shape.spec.stride != [1; 2] || shape.spec.padding != [0; 2] {
        return Err("an output isn't where its input is");
    }
    if shape.spec.groups != 1 {
        return Err("several products, not one");
    }
    Ok(())
}

pub fn cost(shape: &ConvShape<2>, pass: Pass, model: &Model) -> Forecast {
    let (n, c, k, positions) = (shape.n, shape.c, shape.k, shape.positions_out());
    let image = match pass {
        Pass::Forward => model.product(k, positions, c) + model.packed((c * positions) as f64),
        Pass::GradInput => model.product(c, positions, k) + model.packed((k * positions) as f64),
        // The sum is over the positions: both factors have them along their lines, and one is turned.
        Pass::GradWeight => model.product(k, c, positions) + model.turned((c * positions) as f64),
    };
    let tensors = [n * c * positions, k * c, n * k * positions].map(|elements| elements as f64);
    let ways = tensors.iter().fold(Forecast::default(), |sum, &n| sum + model.streamed(n, n));
    image * n + ways + model.call(1, 0)
}
// ANCHOR_END: one_by_one
