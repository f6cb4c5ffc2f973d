//! Chapter 2 on the GPU: convolution as matrix multiplication.
//!
//! - [`gemm()`] is the product itself, on a ladder of four kernels: each [`Rung`] fetches less for a multiplication than
//!   the one before.
//! - [`Im2col`] writes the column matrix to the GPU's memory, for some images at a time, and multiplies.
//! - [`Implicit`] multiplies without it: it gathers the tiles of the column matrix from the input as it needs them.
//!
//! The kernels are in PTX, beside the Rust code: `sgemm/*.ptx`, `im2col.ptx`, `implicit.ptx`.

mod gemm;
mod im2col;
mod implicit;
mod matrix;
mod sizes;

pub use gemm::{Rung, gemm, sgemm_blocked, sgemm_naive, sgemm_tiled, sgemm_vector};
pub use im2col::{Im2col, kernels as im2col_kernels};
pub use implicit::{Implicit, kernels as implicit_kernels};
pub use matrix::Matrix;
