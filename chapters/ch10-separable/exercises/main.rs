//! The exercises of chapter 10. Edit a file beside this one, and run its checks by its name:
//! `cargo test -p ch10-separable --test exercises break_even`.

#![allow(unused_variables, unused_imports)] // what is to be done needs them

mod break_even;
mod checks;
mod fold;
mod from_dense;
mod fused_layer;
mod low_rank;
