//! Chapter 10 on the GPU: the separable forms, and two of their steps in one kernel.
//!
//! The three forms are pipelines of convolutions, and the CPU's functions for them take any algorithm, on any device:
//! [`spatially_separable`](ch10_separable::spatially_separable()), [`depthwise_separable`](ch10_separable::depthwise_separable())
//! and [`flattened`](ch10_separable::flattened()). What is here are algorithms for their steps:
//!
//! - [`Suited`] takes for each the kernel that suits it: one column of taps (`column.ptx`), one row (`row.ptx`), chapter
//!   7's `Depthwise` or `Grouped`.
//! - [`fused`] (`fused.ptx`) computes a depthwise step and the pointwise one behind it at once, and [`fused_separable`] is
//!   the layer made of it.
//!
//! What to look at: the tensor in the middle. As two steps, the first stores it and the second loads it again, and for a
//! tensor as large as the output that is more than half of all that moves. [`fused`] keeps it in shared memory, eight channels
//! of a tile at a time. It pays with work: where there are more than 64 output channels, the middle is computed again for
//! each 64 of them.

mod fused;
pub mod kernels;
mod suited;

pub use fused::{fused, fused_separable};
pub use suited::Suited;
