//! Exercise 7.2.

use unrolled::{Result, Tensor};

// ANCHOR: block_diagonal
/// Where kernel (k, c) of a grouped weight lies in the dense one, for each in order. Both count kernels, of R S numbers.
fn places(k: usize, c: usize, groups: usize) -> impl Iterator<Item = usize> {
    (0..k * c).map(move |i| {
        let (k_, c_) = (i / c, i % c);
        let group = k_ / (k / groups);
        k_ * groups * c + group * c + c_
    })
}

/// The grouped weight as a dense one: zeros where an output channel doesn't see an input channel.
pub fn block_diagonal(weight: &Tensor<f64>, groups: usize) -> Result<Tensor<f64>> {
    let [k, c, r, s] = weight.shape().try_into().expect("[K, C/groups, R, S]");
    let mut dense = Tensor::zeros(&[k, groups * c, r, s])?;
    for (kernel, place) in weight.data().chunks(r * s).zip(places(k, c, groups)) {
        dense.data_mut()[place * r * s..][..r * s].copy_from_slice(kernel);
    }
    Ok(dense)
}

/// Its adjoint.
pub fn blocks(dense: &Tensor<f64>, groups: usize) -> Result<Tensor<f64>> {
    let [k, c, r, s] = dense.shape().try_into().expect("[K, C, R, S]");
    let kernels = places(k, c / groups, groups).flat_map(|place| &dense.data()[place * r * s..][..r * s]);
    Tensor::new(&[k, c / groups, r, s], kernels.copied().collect())
}
// ANCHOR_END: block_diagonal
