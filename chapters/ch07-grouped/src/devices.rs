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
    let (groups, mut shape) = (devices.len(), input.shape().to_vec());
    if shape.len() < 2 || input.is_empty() || groups == 0 || shape[1] % groups != 0 {
        let expected = format!("[N, C, ...] with C a multiple of {groups} devices, and not empty");
        return Err(Error::argument("input", input.shape(), expected));
    }
    shape[1] /= groups;
    let part = Part { groups, len: shape[1..].iter().product() };
    let parts = (0..groups).map(|g| part.take(input, g, &shape)).collect::<Result<Vec<_>>>()?;

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
    let outputs = outputs?;

    let mut shape = outputs[0].shape().to_vec();
    let part = Part { groups, len: shape[1..].iter().product() };
    shape[1] *= groups;
    let mut whole = Tensor::scratch(&shape)?;
    outputs.iter().enumerate().for_each(|(g, output)| part.put(&mut whole, g, output));
    Ok(whole)
}
