//! Chapter 6: convolution of volumes and videos, and 3D from 2D.
//!
//! A third axis changes nothing in the definition: chapter 1's `Naive` and both versions of chapter 2 take videos
//! `[N, C, frames, H, W]` and volumes `[N, C, D, H, W]` as they are, gradients included. What is here:
//!
//! - [`Sliced`]: a 3D convolution by any 2D algorithm, and [`conv3d`], the layer made of it.
//! - [`conv2plus1d`]: a kernel in space, then a kernel in time, and what that costs.
//! - [`video`] and [`volume`]: data to look at, and kernels that see in them what no 2D kernel can.
//!
//! Convolutions over time are from Ji et al., "3D Convolutional Neural Networks for Human Action Recognition"
//! (2013). Tran et al., "Learning Spatiotemporal Features with 3D Convolutional Networks" (2015, "C3D"), found kernels
//! of 3 × 3 × 3 in every layer to be among the best they tried.

mod factorised;
mod sliced;
pub mod video;
pub mod volume;

pub use factorised::{conv2plus1d, cost_2plus1d, middle_channels};
pub use sliced::{Sliced, conv3d};
