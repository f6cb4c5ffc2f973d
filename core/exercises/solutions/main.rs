//! The solutions, held against the same checks as the exercises.

mod add_row;
mod checkpoint;
#[path = "../checks.rs"]
mod checks;
mod index_of;
mod running_sum;
mod sigmoid;
