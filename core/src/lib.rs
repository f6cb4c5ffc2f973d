//! The core of *Convolution, Unrolled*: everything that the chapters stand on.
//!
//! - [`Tensor`]: dense, row-major, `f32` or `f64`.
//! - [`Var`]: the tape, reverse-mode differentiation of anything that is a [`Value`].
//! - [`ConvSpec`], [`Convolution`], [`conv()`]: one contract for every convolution, and the
//!   differentiable operation made of it.
//! - [`gemm()`]: the packed, vectorised matrix product; [`parallel`]: the thread pool; [`simd`]: the
//!   machine's vector instructions.
//! - [`buffer`], [`caches`], [`workspace`]: memory that is used again, and how much of it.
//! - [`nn`], [`optim`], [`init`]: what else a small network needs.
//! - [`cli`], [`files`], [`svg`], [`text`], [`timing`]: what the programs need at their edges.
//!
//! No crate but `rand` is underneath, and only [`init`] uses it.

pub mod buffer;
pub mod caches;
pub mod cli;
pub mod conv;
pub mod cost;
mod display;
pub mod error;
pub mod files;
pub mod gemm;
pub mod init;
pub mod nn;
pub mod optim;
pub mod parallel;
pub mod phases;
pub mod real;
mod scalar;
pub mod simd;
pub mod strip;
pub mod svg;
pub mod tensor;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
mod tile;
pub mod timing;
pub mod var;
pub mod workspace;

pub use conv::{ChannelBias, ConvShape, ConvSpec, Convolution, conv};
pub use cost::Cost;
pub use error::{Error, Result};
pub use gemm::gemm;
pub use real::Real;
pub use tensor::Tensor;
pub use var::{Op, Value, Var, no_grad};
