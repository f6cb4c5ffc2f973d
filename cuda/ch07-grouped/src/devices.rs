//! Groups as they came into the world: one for each device.
//!
//! Krizhevsky, Sutskever and Hinton ("ImageNet Classification with Deep Convolutional Neural Networks", 2012)
//! trained on two GTX 580, each with half of the channels of every layer. In the CPU's chapter a device is a thread; here
//! it is a device, and one host thread serves them all.

use ch07_grouped::{deal_channels, join_channels};
use host::{GpuTensor, Session};
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// One device, and what it holds: its group of the weight of each layer, `[K/groups, C/groups, ...]`.
#[derive(Debug)]
pub struct Device<const D: usize> {
    session: Session,
    layers: Vec<(ConvSpec<D>, GpuTensor)>,
}

impl<const D: usize> Device<D> {
    /// Deals the weights of grouped layers that follow each other out to as many devices as there are groups. Where the
    /// machine has fewer, they take turns: a device then has several groups, in a context and a stream each.
    ///
    /// # Errors
    /// As [`ch07_grouped::Device::deal`], and if a device can't be used.
    pub fn deal(layers: &[(ConvSpec<D>, Tensor)]) -> Result<Vec<Self>> {
        let there = Session::devices()?;
        let own = |(i, part): (usize, &ch07_grouped::Device<f32, D>)| {
            let session = Session::on(i % there)?;
            let upload = |(spec, weight): &(ConvSpec<D>, Tensor)| Ok((*spec, session.upload(weight)?));
            let layers = part.layers().iter().map(upload).collect::<Result<_>>()?;
            Ok(Self { session, layers })
        };
        ch07_grouped::Device::deal(layers)?.iter().enumerate().map(own).collect()
    }

    /// Its session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Its weights, in elements.
    pub fn weights(&self) -> usize {
        self.layers.iter().map(|(_, weight)| weight.len()).sum()
    }

    /// Puts its layers, one after the other, into its stream. Nothing else is needed: no channel of another device.
    fn run<A: Convolution<GpuTensor, D>>(&self, algorithm: &A, input: GpuTensor) -> Result<GpuTensor> {
        self.layers.iter().try_fold(input, |x, (spec, weight)| algorithm.forward(spec, &x, weight))
    }
}

/// Runs the layers on all devices at once. Its channels of the input cross to a device, and its channels of the output
/// come back.
///
/// A launch doesn't wait for its kernel. So the host fills the devices' streams one after the other, and only then waits,
/// for the first device's output while the others go on computing theirs.
///
/// # Errors
/// If the input's channels can't be dealt out evenly, a device fails, or as the algorithm.
// ANCHOR: devices
pub fn run_on_devices<const D: usize, A: Convolution<GpuTensor, D>>(
    algorithm: &A,
    devices: &[Device<D>],
    input: &Tensor,
) -> Result<Tensor> {
    let parts = deal_channels(input, devices.len())?;
    let there = devices.iter().zip(&parts).map(|(device, part)| device.session.upload(part));
    let there = there.collect::<Result<Vec<_>>>()?;
    let running = devices.iter().zip(there).map(|(device, x)| device.run(algorithm, x));
    let running = running.collect::<Result<Vec<_>>>()?;
    let back = running.iter().map(GpuTensor::download);
    join_channels(&back.collect::<Result<Vec<_>>>()?)
}
// ANCHOR_END: devices
