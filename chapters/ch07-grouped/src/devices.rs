//! Groups as they came into the world: one for each device.
//!
//! Krizhevsky, Sutskever and Hinton ("ImageNet Classification with Deep Convolutional Neural Networks", 2012)
//! trained on two GTX 580, each with 3 GB of memory, too little for the whole network. So each device got half
//! of the channels of every layer, and in three of the five convolutions sees no others: groups = 2. Here a
//! device is a thread that owns its half of the weights.

use crate::grouped::Part;
use std::thread;
use unrolled::{ConvSpec, Convolution, Error, Real, Result, Tensor};

/// What one device holds: its group of the weight of each layer, `[K/groups, C/groups, ...]`.
#[derive(Debug, Clone)]
pub struct Device<T: Real, const D: usize> {
    layers: Vec<(ConvSpec<D>, Tensor<T>)>,
}

impl<T: Real, const D: usize> Device<T, D> {
    /// Deals the weights of grouped layers that follow each other out to as many devices as there are groups.
    ///
    /// # Errors
    /// If there is no layer, the numbers of groups differ, or a weight's K isn't a multiple of them.
    pub fn deal(layers: &[(ConvSpec<D>, Tensor<T>)]) -> Result<Vec<Self>> {
        let devices = layers.first().map_or(0, |(spec, _)| spec.groups);
        if devices == 0 {
            return Err(Error::argument("layers", layers.len(), "at least one, of at least one group"));
        }
        let device = |g| {
            let mut own = Vec::new();
            for (spec, weight) in layers {
                if spec.groups != devices {
                    return Err(Error::argument("groups", spec.groups, format!("{devices}, as the first layer has")));
                }
                let mut shape = weight.shape().to_vec();
                if shape.is_empty() || weight.is_empty() || shape[0] % devices != 0 {
                    let expected = format!("[K, C/groups, ...] with K a multiple of {devices}, and not empty");
                    return Err(Error::argument("weight", weight.shape(), expected));
                }
                shape[0] /= devices;
                let part = Part { groups: devices, len: weight.len() / devices };
                own.push((ConvSpec { groups: 1, ..*spec }, part.take(weight, g, &shape)?));
            }
            Ok(Self { layers: own })
        };
        (0..devices).map(device).collect()
    }

    /// Its layers.
    pub fn layers(&self) -> &[(ConvSpec<D>, Tensor<T>)] {
        &self.layers
    }

    /// Its weights, in elements.
    pub fn weights(&self) -> usize {
        self.layers.iter().map(|(_, weight)| weight.len()).sum()
    }

    /// Its layers, one after the other, on its channels of the input. Nothing else is needed: no channel of
    /// another device.
    fn run<A: Convolution<Tensor<T>, D>>(&self, algorithm: &A, input: Tensor<T>) -> Result<Tensor<T>> {
        self.layers.iter().try_fold(input, |x, (spec, weight)| algorithm.forward(spec, &x, weight))
    }
}

/// Runs the layers on all devices at once, a thread each. Its channels of the input cross to a device,
/// and its channels of the output come back.
///
/// # Errors
/// If the input's channels can't be dealt out evenly, a thread can't be started, or as the algorithm.
pub fn run_on_devices<T: Real, const D: usize, A: Convolution<Tensor<T>, D> + Sync>(
    algorithm: &A,
    devices: &[Device<T, D>],
    input: &Tensor<T>,
) -> Result<Tensor<T>> {
    let parts = deal_channels(input, devices.len())?;
    // ANCHOR: devices
    let outputs: Result<Vec<Tensor<T>>> = thread::scope(|scope| {
        let mut running = Vec::new();
        for (device, x) in devices.iter().zip(parts) {
            let start = thread::Builder::new().spawn_scoped(scope, || device.run(algorithm, x));
            running.push(start.map_err(|e| Error::failed("starting a device", e))?);
        }
        running
            .into_iter()
            .map(|device| device.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    // ANCHOR_END: devices
    join_channels(&outputs?)
}

/// The channels of an input `[N, C, ...]` dealt out to devices: a part `[N, C/devices, ...]` for each.
///
/// # Errors
/// If that isn't possible evenly, or there is no memory for it.
pub fn deal_channels<T: Real>(input: &Tensor<T>, devices: usize) -> Result<Vec<Tensor<T>>> {
    let mut shape = input.shape().to_vec();
    if shape.len() < 2 || input.is_empty() || devices == 0 || !shape[1].is_multiple_of(devices) {
        let expected = format!("[N, C, ...] with C a multiple of {devices} devices, and not empty");
        return Err(Error::argument("input", input.shape(), expected));
    }
    shape[1] /= devices;
    let part = Part { groups: devices, len: shape[1..].iter().product() };
    (0..devices).map(|g| part.take(input, g, &shape)).collect()
}

/// The way back: the channels of the devices' outputs, each `[N, K/devices, ...]`, side by side.
///
/// # Errors
/// If there are none, their shapes differ, or there is no memory for the result.
pub fn join_channels<T: Real>(outputs: &[Tensor<T>]) -> Result<Tensor<T>> {
    let Some(first) = outputs.first().filter(|first| first.shape().len() >= 2) else {
        return Err(Error::argument("outputs", outputs.len(), "one for each device, of at least two axes"));
    };
    if let Some(other) = outputs.iter().find(|output| output.shape() != first.shape()) {
        let expected = format!("the shape of the first device's, {:?}", first.shape());
        return Err(Error::argument("output of a device", other.shape(), expected));
    }
    let mut shape = first.shape().to_vec();
    let part = Part { groups: outputs.len(), len: shape[1..].iter().product() };
    shape[1] *= outputs.len();
    let mut whole = Tensor::scratch(&shape)?;
    outputs.iter().enumerate().for_each(|(g, output)| part.put(&mut whole, g, output));
    Ok(whole)
}
