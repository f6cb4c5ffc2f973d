//! Exercise 4.3.

// ANCHOR: sub_grid_gradient
pub fn sub_grid_gradient(inputs: usize, weight: &[f64], grad: &[f64], dilation: usize) -> Vec<f64> {
    let mut dx = vec![0.0; inputs];
    for phase in 0..dilation.min(grad.len()) {
        let part: Vec<f64> = grad[phase..].iter().step_by(dilation).copied().collect();
        let places = dx[phase..].iter_mut().step_by(dilation);
        places.zip(dense(weight, &part)).for_each(|(dx, part)| *dx = part);
    }
    dx
}
// ANCHOR_END: sub_grid_gradient

pub fn dense(weight: &[f64], grad: &[f64]) -> Vec<f64> {
    let mut dx = vec![0.0; grad.len() + weight.len() - 1];
    for (i, dy) in grad.iter().enumerate() {
        weight.iter().enumerate().for_each(|(r, w)| dx[i + r] += w * dy);
    }
    dx
}
