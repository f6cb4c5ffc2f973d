//! The exercises of chapter 1. Edit a file beside this one, and run its checks by its name:
//! `cargo test -p ch01-naive --test exercises same_padding`.

#![allow(unused_variables, unused_imports)] // what is to be done needs them

mod checks;
mod flipped_gradient;
mod holes;
mod my_convolution;
mod same_padding;
mod valid_range;
