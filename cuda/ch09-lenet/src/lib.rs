//! Chapter 9 on the GPU: what LeNet needs beside convolutions, with everything on the device from the first image to
//! the last step of the optimiser.
//!
//! [`relu`], [`adaptive_avg_pool`], [`flatten`], [`linear`] and [`softmax_cross_entropy`] are the functions of these names
//! in [`unrolled::nn`], for tensors on the device. [`Gpu`] makes a [`Device`](unrolled::nn::Device) of them, which a
//! network written for any device runs on.

mod activation;
mod device;
pub mod kernels;
mod linear;
mod loss;
mod pool;

pub use activation::relu;
pub use device::Gpu;
pub use linear::{flatten, linear};
pub use loss::softmax_cross_entropy;
pub use pool::adaptive_avg_pool;

/// Threads of a block where each thread has one element.
const THREADS: u32 = 256;
