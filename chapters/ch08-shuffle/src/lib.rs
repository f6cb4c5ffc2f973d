//! Chapter 8: channel shuffle, and the ShuffleNet unit.
//!
//! Groups make a convolution cheap, and blind: what enters a group never leaves it, however many grouped layers
//! follow. A shuffle between two of them deals the channels of each group out to all groups. It multiplies nothing:
//! it is a permutation, so its adjoint is its inverse, and the inverse of a shuffle is a shuffle.
//!
//! - [`Shuffle`] is the permutation as a value, [`channel_shuffle`] the differentiable layer.
//! - [`Shuffled`] puts one behind any algorithm's grouped convolution.
//! - [`concat()`] joins channels; its gradient takes them apart.
//! - [`ShuffleUnit`] is the block that ShuffleNet is made of; [`Bottleneck`] counts what it costs beside others.
//! - [`reach()`] finds by gradients which input channels an output channel sees.
//!
//! Zhang, Zhou, Lin, Sun, "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices" (2018).

mod concat;
mod count;
mod reach;
mod shuffle;
mod shuffled;
mod unit;

pub use concat::concat;
pub use count::{Bottleneck, Counted};
pub use reach::reach;
pub use shuffle::{Shuffle, channel_shuffle};
pub use shuffled::Shuffled;
pub use unit::{ShuffleUnit, UnitSpec};
