//! Exercise 5.3.

// ANCHOR: sub_pixel
pub fn sub_kernels(w: &[f64], stride: usize) -> Vec<Vec<f64>> {
    let phase = |a: usize| {
        let taps = w[a..].iter().step_by(stride);
        taps.rev().copied().collect() // as the window goes up, the taps of a stamp go down
    };
    (0..stride).map(phase).collect()
}
// ANCHOR_END: sub_pixel
