//! The harness that holds every algorithm against the definition (feature `testing`).
//!
//! For a convolution of your own it takes three lines:
//!
//! ```ignore
//! #[test]
//! fn is_a_convolution() {
//!     Cases::<2>::any().assert_all(&MyConv, &Naive);
//! }
//! ```
//!
//! An algorithm of one precision, such as a GPU's, takes [`Cases::assert_f32`] in the place of `assert_all`.
//!
//! [`Cases`] says which convolutions to try, and has the checks as its methods. [`Program`] does the same for
//! a chapter's demonstration.

mod cases;
mod checks;
mod gradcheck;
mod program;

pub use cases::{Case, Cases};
pub use checks::Algorithm;
pub use gradcheck::gradcheck;
pub use program::Program;
