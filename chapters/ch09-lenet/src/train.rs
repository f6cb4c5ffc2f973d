//! Training and testing, on any device.

use crate::idx::{Dataset, SIDE};
use crate::network::Layer;
use std::time::{Duration, Instant};
use unrolled::init::{self, Rng};
use unrolled::nn::{self, Device};
use unrolled::optim::Adam;
use unrolled::{Error, Result, Tensor, Value, Var, no_grad};

/// What one epoch brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// Mean loss over the batches.
    pub loss: f64,
    /// Share of the training images that were classified right as they came by.
    pub accuracy: f64,
    /// Time spent on training.
    pub time: Duration,
}

/// Where an epoch stands after a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Batches done.
    pub done: usize,
    /// Batches in the epoch.
    pub batches: usize,
    /// Loss of the last batch.
    pub loss: f64,
}

/// The images at `indices` as a batch `[N, 1, 28, 28]` of numbers from 0 to 1, on the device, and their labels.
///
/// # Errors
/// If there is no image or no label at an index, or the device fails.
pub fn batch<V: Value>(device: &impl Device<V>, data: &Dataset, indices: &[usize]) -> Result<(Var<V>, Vec<usize>)> {
    // ANCHOR: batch
    const PIXELS: usize = SIDE * SIDE;
    let mut images = Tensor::scratch(&[indices.len(), 1, SIDE, SIDE])?;
    let mut labels = Vec::with_capacity(indices.len());
    for (image, &i) in images.data_mut().chunks_mut(PIXELS).zip(indices) {
        let pixels = data.images.pixels.chunks_exact(PIXELS).nth(i);
        let (Some(pixels), Some(&label)) = (pixels, data.labels.get(i)) else {
            return Err(Error::argument("index", i, format!("below {}, the number of images", data.images.len())));
        };
        image.iter_mut().zip(pixels).for_each(|(x, &pixel)| *x = f32::from(pixel) / 255.0);
        labels.push(usize::from(label));
    }
    Ok((Var::constant(device.upload(images)?), labels))
    // ANCHOR_END: batch
}

/// One pass over the training images, in a new random order; a last batch that isn't full is dropped.
///
/// `network` gives the logits of a batch, `adam` moves its parameters, and `report` hears of every
/// batch, outside of the measured time. All of this happens on `device`.
///
/// # Errors
/// If `size` is 0 or more than there are images, or the network or the device fails.
pub fn epoch<V: Value, D: Device<V>>(
    device: &D,
    network: impl Layer<V>,
    adam: &mut Adam<V, D>,
    data: &Dataset,
    size: usize,
    rng: &mut Rng,
    mut report: impl FnMut(Step),
) -> Result<Epoch> {
    if size == 0 || size > data.images.len() {
        return Err(Error::argument("batch", size, format!("1 to the {} training images", data.images.len())));
    }
    let mut time = Duration::ZERO;
    let mut order: Vec<usize> = (0..data.images.len()).collect();
    init::shuffle(&mut order, rng);
    let batches = order.len() / size;
    let (mut loss_sum, mut right) = (0.0, 0.0);
    for (i, indices) in order.chunks_exact(size).enumerate() {
        let start = Instant::now();
        // ANCHOR: step
        let (images, labels) = batch(device, data, indices)?;
        let logits = network(&images)?;
        let loss = device.softmax_cross_entropy(&logits, &labels)?;
        adam.zero_grad();
        loss.backward()?;
        adam.step()?;
        // ANCHOR_END: step
        // Up to here a GPU only takes note of what it shall do; whoever asks for a number waits until it is done.
        // One such wait for each batch costs little, and makes the measured time that of the work.
        let loss = f64::from(device.download(&loss.value())?.data()[0]);
        loss_sum += loss;
        right += nn::accuracy(&device.download(&logits.value())?, &labels)? * size as f64;
        time += start.elapsed();
        report(Step { done: i + 1, batches, loss });
    }
    let accuracy = right / (batches * size) as f64;
    Ok(Epoch { loss: loss_sum / batches as f64, accuracy, time })
}

/// The share of images that the network classifies right; `network` gives the logits of a batch, and `report` hears how
/// many images are done.
///
/// # Errors
/// If the network or the device fails.
pub fn test<V: Value>(
    device: &impl Device<V>,
    network: impl Layer<V>,
    data: &Dataset,
    mut report: impl FnMut(usize),
) -> Result<f64> {
    const SIZE: usize = 250;
    let all: Vec<usize> = (0..data.images.len()).collect();
    let (mut right, mut done) = (0.0, 0);
    for indices in all.chunks(SIZE) {
        let (images, labels) = batch(device, data, indices)?;
        let logits = no_grad(|| network(&images))?;
        right += nn::accuracy(&device.download(&logits.value())?, &labels)? * indices.len() as f64;
        done += indices.len();
        report(done);
    }
    Ok(right / all.len() as f64)
}
