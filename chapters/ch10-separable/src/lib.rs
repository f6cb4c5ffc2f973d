//! Chapter 10: separable and flattened convolutions, one kernel as several small ones.
//!
//! Three forms go by similar names, and are three things. Each is a pipeline of ordinary convolutions,
//! by any algorithm; each equals one dense convolution, whose kernel is made of products:
//!
//! ```text
//! dense                  W[k,c,r,s]
//! spatially separable    Σₘ row[k,m,s] column[m,c,r]                   R × 1, then 1 × S
//! depthwise separable    pointwise[k,c] depthwise[c,r,s]               a kernel per channel, then 1 × 1
//! flattened              channel[k,c] vertical[k,r] horizontal[k,s]    1 × 1, then R × 1 and 1 × S per channel
//! ```
//!
//! - [`spatial`], [`depthwise`] and [`flattened`](mod@flattened): the layer on `Var`s, the convolutions it
//!   is made of (`steps`), and the dense kernel that it equals (`composed`).
//! - [`rank`]: when a kernel is a column times a row, and what comes nearest when it isn't.
//! - [`cost()`]: parameters and multiplications.

mod cost;
pub mod depthwise;
pub mod flattened;
mod pipeline;
pub mod rank;
pub mod spatial;

pub use cost::cost;
pub use depthwise::depthwise_separable;
pub use flattened::flattened;
pub use spatial::spatially_separable;
