//! The exercises of chapter 3. Edit a file beside this one, and run its checks by its name:
//! `cargo test -p ch03-winograd --test exercises four_products`.

#![allow(unused_variables, unused_imports)] // what is to be done needs them

mod best_tile;
mod checks;
mod exchange;
mod four_products;
mod interpolate;
mod rectangle;
