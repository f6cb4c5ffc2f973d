//! The exercises of chapter 2. Edit a file beside this one, and run its checks by its name:
//! `cargo test -p ch02-im2col --test exercises column_matrix`.

#![allow(unused_variables, unused_imports)] // what is to be done needs them

mod banks;
mod checks;
mod column_matrix;
mod edges;
mod gather;
mod offsets;
mod whole_batch;
