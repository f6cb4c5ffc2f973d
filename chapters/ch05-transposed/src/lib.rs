//! Chapter 5: transposed convolution, the gradient as a layer.
//!
//! A convolution is a matrix: y = W x, with one row per output and one column per input, most of it zeros
//! ([`matrix()`] writes it down). The gradient of its input is Wᵀ dy, which leads from the small map back to the
//! large one. Take that gradient as a layer of its own, and you have the transposed convolution.
//!
//! - [`steps`] has the idea along one axis, in four ways.
//! - [`Transposed`] makes it of any algorithm. Its forward pass is the algorithm's `grad_input`, and as (Wᵀ)ᵀ = W,
//!   its own `grad_input` is the algorithm's `forward`. Nothing new is computed.
//! - [`conv_transpose`] is the differentiable layer.
//! - [`upsample`] repeats pixels. With a convolution behind it, it is the way around the checkerboard.
//!
//! It isn't the inverse: Wᵀ W isn't the identity. What comes back is the size, not the numbers.
//!
//! Zeiler, Krishnan, Taylor, Fergus, "Deconvolutional Networks" (2010) brought it into vision, under a name that
//! says too much; Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016) draw its sizes;
//! Odena, Dumoulin, Olah, "Deconvolution and Checkerboard Artifacts" (2016) saw the pattern it leaves.

mod layer;
mod matrix;
pub mod steps;
mod transposed;

pub use layer::{conv_transpose, upsample};
pub use matrix::matrix;
pub use transposed::Transposed;
