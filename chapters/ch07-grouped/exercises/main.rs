//! The exercises of chapter 7. Edit a file beside this one, and run its checks by its name:
//! `cargo test -p ch07-grouped --test exercises inputs_of`.

#![allow(unused_variables, unused_imports)] // what is to be done needs them

mod block_diagonal;
mod checks;
mod inputs_of;
mod my_depthwise;
mod pitch;
mod tile_inputs;
