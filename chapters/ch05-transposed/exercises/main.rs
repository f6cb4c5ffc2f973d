//! The exercises of chapter 5. Edit a file beside this one, and run its checks by its name:
//! `cargo test -p ch05-transposed --test exercises output_padding`.

#![allow(unused_variables, unused_imports)] // what is to be done needs them

mod bilinear;
mod checks;
mod gather;
mod my_transposed;
mod output_padding;
mod sub_pixel;
