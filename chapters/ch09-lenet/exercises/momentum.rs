//! Exercise 9.4: `cargo test -p ch09-lenet --test exercises momentum`

/// One step of gradient descent with momentum: the velocity `u` keeps `mu` of itself and takes on the gradient `g`, and
/// the weights `w` move by `lr` times the velocity, downhill.
pub fn momentum(w: &mut [f64], u: &mut [f64], g: &[f64], lr: f64, mu: f64) {
    todo!()
}
