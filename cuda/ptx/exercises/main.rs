//! The exercises of appendices A and B. Edit a `.ptx` file beside this one, and run its check by its name:
//! `cargo test -p ptx --test exercises relu_grad`.

mod checks;

/// Where the kernels are that are checked.
const FOLDER: &str = "exercises";
