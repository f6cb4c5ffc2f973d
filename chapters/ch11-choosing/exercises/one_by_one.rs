//! Exercise 11.3.

use ch11_choosing::{Forecast, Model, Pass};
use unrolled::ConvShape;

/// Whether a convolution is a matrix product as it stands, for each image: one tap, stride 1, no padding, one group.
///
/// # Errors
/// If it isn't: why.
pub fn takes(shape: &ConvShape<2>) -> Result<(), &'static str> {
    todo!()
}

/// What a pass of it takes: a product for each image, the packing of its right factor, and the way of the three tensors from and to
/// memory. Of which sizes is the product of each pass?
pub fn cost(shape: &ConvShape<2>, pass: Pass, model: &Model) -> Forecast {
    todo!()
}
