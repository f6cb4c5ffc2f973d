//! Exercise 8.4.

use unrolled::{Result, Tensor};

/// A grouped 1 × 1 convolution that stores its channels shuffled.
// ANCHOR: in_place
pub fn in_place(x: &Tensor<f64>, w: &Tensor<f64>, groups: usize) -> Result<Tensor<f64>> {
    let (&[n, channels, positions], &[outputs, c]) = (x.shape(), w.shape()) else {
        panic!("[N, C, P] and [K, C/groups]")
    };
    let k = outputs / groups;
    let mut y = Tensor::zeros(&[n, outputs, positions])?;
    for (n, g, i) in (0..n).flat_map(|n| (0..groups).flat_map(move |g| (0..k).map(move |i| (n, g, i)))) {
        let place = i * groups + g; // and not g * k + i: that is the whole shuffle
        let line = &mut y.data_mut()[(n * outputs + place) * positions..][..positions];
        for c_in in 0..c {
            let weight = w.data()[(g * k + i) * c + c_in];
            let from = &x.data()[(n * channels + g * c + c_in) * positions..][..positions];
            line.iter_mut().zip(from).for_each(|(y, x)| *y += weight * x);
        }
    }
    Ok(y)
}
// ANCHOR_END: in_place
