//! The solutions, held against the same checks as the exercises.

#[path = "../checks.rs"]
mod checks;
mod flipped_gradient;
mod holes;
mod my_convolution;
mod same_padding;
mod valid_range;
