//! The exercises of chapter 6. Edit a file beside this one, and run its checks by its name:
//! `cargo test -p ch06-conv3d --test exercises seen_by`.

#![allow(unused_variables, unused_imports)] // what is to be done needs them

mod causal;
mod checks;
mod composed;
mod inflate;
mod my_conv3d;
mod seen_by;
