//! Chapter 3: convolution with fewer multiplications.
//!
//! Two neighbouring outputs of a filter of three taps share most of their inputs. The definition multiplies six
//! times; F(2, 3) gets along with four, by multiplying sums. In two dimensions that is 16 multiplications for 2
//! × 2 outputs instead of 36, and with larger tiles it is fewer still.
//!
//! - [`cook_toom`] makes the three matrices of any F(m, r), in exact fractions ([`Rational`]).
//! - [`ByTiles`] is the algorithm at its plainest, a tile of a pair of channels after the other.
//! - [`Winograd`] is the algorithm as one would use it: tiles of the input and filters are transformed, multiplied place by place (a
//!   matrix product for each, as the sum over channels is all that is left), and transformed back.

mod by_tiles;
mod cook_toom;
mod filters;
mod layer;
mod product;
mod rational;
mod tiles;
mod transform;
mod weight;
mod winograd;

pub use by_tiles::{ByTiles, OneTile};
pub use cook_toom::{CookToom, POINTS, cook_toom, with_points};
pub use layer::conv_winograd;
pub use rational::Rational;
pub use winograd::{Kept, Winograd};
