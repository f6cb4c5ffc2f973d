//! The solutions, held against the same checks as the exercises.

#[path = "../checks.rs"]
mod checks;

/// Where the kernels are that are checked.
const FOLDER: &str = "exercises/solutions";
