//! Chapter 7: grouped and depthwise convolution.
//!
//! Channels fall into groups, and each output channel sees only the inputs of its own group. As a matrix of channels,
//! the weight is then block diagonal: with g groups, 1/g of the parameters and 1/g of the multiplications.
//!
//! - [`Grouped`] computes one dense convolution for each group, by any algorithm.
//! - [`Depthwise`] is the extreme, a group for each channel, by a kernel of its own: what is left to
//!   compute is so little that memory decides.
//! - [`cost`] counts parameters, multiplications, and how many operations there are for each byte.
//! - [`run_on_devices`] puts each group on a device of its own, as AlexNet did; [`deal_channels`] and [`join_channels`]
//!   are the way there and back.
//! - [`steps`] goes the way to the depthwise kernel in steps.
//! - [`conv_grouped`] and [`depthwise_conv`] are the differentiable layers.

mod counts;
mod depthwise;
mod devices;
mod grouped;
mod layers;
pub mod steps;

pub use counts::{cost, depthwise_cost, pointwise_cost};
pub use depthwise::Depthwise;
pub use devices::{Device, deal_channels, join_channels, run_on_devices};
pub use grouped::Grouped;
pub use layers::{conv_grouped, depthwise_conv};
