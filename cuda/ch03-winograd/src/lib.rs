//! Chapter 3 on the GPU: Winograd's F(2 × 2, 3 × 3) and F(4 × 4, 3 × 3).
//!
//! Filters and tiles of the input are transformed (`filter.ptx`, `input.ptx`), multiplied place by place (`product.ptx`:
//! a batch of matrix products, as the sum over channels is all that is left), and transformed back (`output.ptx`). The
//! gradient of the input is that again, with flipped filters, and the gradient of the weight is made of the adjoints.

pub mod kernels;
mod tiles;
mod winograd;

pub use winograd::Winograd;
