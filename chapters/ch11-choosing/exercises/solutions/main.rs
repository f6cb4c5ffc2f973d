//! The solutions, held against the same checks as the exercises.

mod attainable;
#[path = "../checks.rs"]
mod checks;
mod fair_race;
mod intensity;
mod one_by_one;
mod price_of_choosing;
mod within;
