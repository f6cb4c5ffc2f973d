//! Chapter 11: which convolution, when.

pub mod auto;
pub mod candidates;
pub mod layers;
pub mod machine;
pub mod model;
mod pass;
pub mod problem;
pub mod race;
pub mod records;
pub mod tuned;

pub use auto::Auto;
pub use candidates::{Candidate, Dimensions, Field};
pub use machine::Machine;
pub use model::{Forecast, Model};
pub use pass::Pass;
pub use tuned::Tuned;
