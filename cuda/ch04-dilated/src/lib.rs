//! Chapter 4 on the GPU: dilated convolution, on sub-grids and directly.
//!
//! - [`Dilated`] is the chapter's idea for tensors on the device: any algorithm for the dense convolution, between
//!   [`gather`] and [`scatter`] (`sub_grids.ptx`), which deal a tensor out into its sub-grids and put it together again.
//! - [`Direct`] (`direct.ptx`) lets the taps step over the holes, one thread for each output.
//!
//! What to look at: a warp's 32 neighbouring outputs read 32 neighbouring inputs through each tap, whatever the
//! dilation. So the holes cost the direct kernel nothing, and what the sub-grids win is the dense algorithm: tiles in
//! shared memory that would otherwise be mostly holes, or Winograd's. For that they move each element twice more; with
//! dilation 2, gathering uses every other element of what memory delivers.

mod dilated;
mod direct;
pub mod kernels;
mod sub_grids;

pub use dilated::Dilated;
pub use direct::Direct;
pub use sub_grids::{gather, scatter};
