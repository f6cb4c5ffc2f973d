//! Chapter 4: dilated convolution, a kernel with holes.
//!
//! With dilation d, neighbouring taps of a kernel lie d inputs apart: k taps reach over d (k − 1) + 1 inputs, and cost
//! what k taps cost. Outputs that are d apart then read inputs that are d apart, and no others. So the input falls
//! into d sub-grids along each axis, and on each of them the convolution is a dense one.
//!
//! - [`steps`] has the idea along one axis, in a few lines.
//! - [`SubGrids`] deals a tensor out into its sub-grids, which become images of a larger batch, and back.
//! - [`Dilated`] is the convolution between the two: by any algorithm, also by one that knows no dilation.
//! - [`conv_dilated`] is the differentiable layer.
//! - [`receptive_field`] says how far a stack of layers sees, and [`paths`] measures it.
//!
//! Holschneider et al., "A real-time algorithm for signal analysis with the help of the wavelet transform" (1989), had
//! the holes first, as the "algorithme à trous"; Yu and Koltun, "Multi-Scale Context Aggregation by Dilated
//! Convolutions" (2016), made layers of them. To compute them on sub-grids is the space-to-batch trick of TensorFlow.

mod dilated;
mod layer;
mod receptive;
pub mod steps;
mod sub_grids;

pub use dilated::Dilated;
pub use layer::conv_dilated;
pub use receptive::{Field, Layer, paths, receptive_field};
pub use sub_grids::{Axis, SubGrids};
