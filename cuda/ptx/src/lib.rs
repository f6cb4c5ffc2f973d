//! The simulated GPU.

pub mod ir;
