//! A stand-in for the crate `cuda-driver-sys` 0.3.0, under RustaCUDA.
//!
//! Nothing is linked: the first call opens NVIDIA's driver, if the machine has one.

mod backend;
mod error;
mod functions;
mod library;
#[allow(missing_docs, non_camel_case_types, non_snake_case)]
mod types;

pub use backend::{Backend, backend};
pub use functions::*;
pub use types::*;
