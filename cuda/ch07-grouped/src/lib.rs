//! Chapter 7 on the GPU: grouped and depthwise convolution, and groups on two devices.
//!
//! The CPU's `Grouped<A>` runs a dense convolution for each group. On a GPU that would be a launch for each, and a group
//! alone has too little to do for thousands of threads. So here all groups share one launch, and which group a block
//! works on is part of its number.
//!
//! - [`Grouped`] (`grouped/*.ptx`): any number of groups. A thread has four channels of its group at once.
//! - [`Depthwise`] (`depthwise/*.ptx`): a group for each input channel, on tiles with a halo in shared memory.
//! - [`Device`] and [`run_on_devices`]: a group on each device, as AlexNet had it.
//!
//! What to look at: how often an element of the input is loaded. By [`Grouped`] once for each tap and each four output
//! channels of its group, so the fewer channels a group has, the more loads there are for a multiplication; at the extreme,
//! one for one. [`Depthwise`] loads it once, whatever the taps, and where halos overlap, twice or four times.

mod depthwise;
mod devices;
mod grouped;
pub mod kernels;

pub use depthwise::Depthwise;
pub use devices::{Device, run_on_devices};
pub use grouped::Grouped;
