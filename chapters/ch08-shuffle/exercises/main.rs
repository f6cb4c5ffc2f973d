//! The exercises of chapter 8. Edit a file beside this one, and run its checks by its name:
//! `cargo test -p ch08-shuffle --test exercises goes_to`.

#![allow(unused_variables, unused_imports)] // what is to be done needs them

mod before;
mod checks;
mod goes_to;
mod in_place;
mod layers;
mod rounds;
