//! The exercises of chapter 11. Edit a file beside this one, and run its check: `cargo test -p ch11-choosing --test exercises`
//! and the exercise's name.

#![allow(unused_variables, unused_mut)] // what is to be done needs them

mod attainable;
mod checks;
mod fair_race;
mod intensity;
mod one_by_one;
mod price_of_choosing;
mod within;
