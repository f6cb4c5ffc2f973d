//! Chapter 3: Winograd.

mod cook_toom;
mod lines;
mod rational;
mod tiles;
mod winograd;

pub use cook_toom::{CookToom, POINTS, cook_toom};
pub use rational::Rational;
pub use winograd::Winograd;
