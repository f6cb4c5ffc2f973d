//! Exercise 6.2: `cargo test -p ch06-conv3d --test exercises inflate`

use unrolled::{Result, Tensor};

/// A kernel of images, `[K, C, R, S]`, made one of videos, `[K, C, Q, R, S]`, with `depth` = Q: on a video whose frames are
/// all the same image, it answers in each frame what the kernel answered to the image.
///
/// That is how a network that was trained on images becomes the beginning of one that is trained on videos. More than one
/// kernel would do; take the one whose slices are all the same.
///
/// # Errors
/// If there is no memory.
pub fn inflate(weight: &Tensor<f64>, depth: usize) -> Result<Tensor<f64>> {
    todo!()
}
