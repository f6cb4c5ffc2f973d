//! Exercise 4.3: `cargo test -p ch04-dilated --test exercises sub_grid_gradient`

/// The gradient of the input of [`by_sub_grids`](ch04_dilated::steps::by_sub_grids), for `inputs` inputs: deal `grad` out,
/// call [`dense`] for each phase, and put what it gives together.
pub fn sub_grid_gradient(inputs: usize, weight: &[f64], grad: &[f64], dilation: usize) -> Vec<f64> {
    todo!()
}

/// The gradient of the input without dilation: it has `grad.len() + weight.len() - 1` elements.
pub fn dense(weight: &[f64], grad: &[f64]) -> Vec<f64> {
    let mut dx = vec![0.0; grad.len() + weight.len() - 1];
    for (i, dy) in grad.iter().enumerate() {
        weight.iter().enumerate().for_each(|(r, w)| dx[i + r] += w * dy);
    }
    dx
}
