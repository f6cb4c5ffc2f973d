//! The solutions, held against the same checks as the exercises.

mod before;
#[path = "../checks.rs"]
mod checks;
mod goes_to;
mod in_place;
mod layers;
mod rounds;
