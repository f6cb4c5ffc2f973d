//! Chapter 2: convolution as matrix multiplication.
//!
//! Copy each patch of the input that the kernel meets into a column, and convolution is one product:
//! y = W P, with W `[K, C R S]` and P `[C R S, Y X]`. Its gradients are two more: dP = Wᵀ dy, added
//! back to where the patches came from (the adjoint of copying), and dW = dy Pᵀ.
//!
//! - [`Im2col`] writes P down. It's simple, and costs memory: each input R S times.
//! - [`Fused`] never does: the product reads the patches where they are, from a
//!   [`Strip`](unrolled::strip::Strip) of the image.
//! - [`steps`] has the way to a fast product, in four steps.
//!
//! Chellapilla, Puri, Simard, "High Performance Convolutional Neural Networks for Document
//! Processing" (2006) introduced the first; cuDNN (Chetlur et al., 2014, section 3) the second.

mod blocks;
mod columns;
mod fused;
mod im2col;
pub mod steps;

pub use fused::Fused;
pub use im2col::{Im2col, col2im, im2col};
