//! Exercise 9.4.

// ANCHOR: momentum
pub fn momentum(w: &mut [f64], u: &mut [f64], g: &[f64], lr: f64, mu: f64) {
    for ((w, u), g) in w.iter_mut().zip(u).zip(g) {
        *u = mu * *u + g;
        *w -= lr * *u;
    }
}
// ANCHOR_END: momentum
