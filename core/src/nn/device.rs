//! A network's way to any device: what it needs beside convolution, as one trait.

use super::{adaptive_avg_pool, flatten, linear, relu, softmax_cross_entropy};
use crate::error::Result;
use crate::optim::Update;
use crate::tensor::Tensor;
use crate::var::{Value, Var};

/// What a network needs of the device that holds its values `V`, beside
/// [`Convolution`](crate::Convolution): the way there and back, the layers, the loss, and the step of the optimiser.
///
/// A model written for any device runs on each:
///
/// ```
/// use unrolled::nn::{Cpu, Device};
/// use unrolled::{Result, Tensor, Value, Var};
///
/// fn model<V: Value>(device: &impl Device<V>, x: &Var<V>, weight: &Var<V>) -> Result<Var<V>> {
///     device.relu(&device.linear(x, weight, None)?)
/// }
///
/// let x = Var::constant(Cpu.upload(Tensor::new(&[1, 2], vec![1.0, 2.0])?)?);
/// let weight = Var::parameter(Cpu.upload(Tensor::new(&[2, 2], vec![1.0, 1.0, 1.0, -1.0])?)?);
/// let y = model(&Cpu, &x, &weight)?;
/// assert_eq!(Cpu.download(&y.value())?.data(), [3.0, 0.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// Every layer is the function of its name in [`nn`](super), in `f32`: the same shapes, the same
/// gradients, and errors for the same reasons, or where the device fails.
#[allow(clippy::missing_errors_doc)] // said once, above
pub trait Device<V: Value>: Update<V> {
    /// The value on the device that holds this tensor.
    fn upload(&self, tensor: Tensor) -> Result<V>;

    /// The tensor that a value on the device holds. Waits until the device has computed it.
    fn download(&self, value: &V) -> Result<Tensor>;

    /// [`nn::relu`](relu).
    fn relu(&self, x: &Var<V>) -> Result<Var<V>>;

    /// [`nn::adaptive_avg_pool`](adaptive_avg_pool) in two dimensions: `[N, C, H, W]` to `[N, C, output...]`.
    fn adaptive_avg_pool(&self, output: [usize; 2], x: &Var<V>) -> Result<Var<V>>;

    /// [`nn::flatten`](flatten).
    fn flatten(&self, x: &Var<V>) -> Result<Var<V>>;

    /// [`nn::linear`](linear).
    fn linear(&self, x: &Var<V>, weight: &Var<V>, bias: Option<&Var<V>>) -> Result<Var<V>>;

    /// [`nn::softmax_cross_entropy`](softmax_cross_entropy), the mean over the batch.
    fn softmax_cross_entropy(&self, logits: &Var<V>, labels: &[usize]) -> Result<Var<V>>;
}

/// The processor that the program itself runs on. Its values are [`Tensor`]s, so the way there and back is free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cpu;

impl Device<Tensor> for Cpu {
    fn upload(&self, tensor: Tensor) -> Result<Tensor> {
        Ok(tensor)
    }
    fn download(&self, value: &Tensor) -> Result<Tensor> {
        Ok(value.clone())
    }
    fn relu(&self, x: &Var<Tensor>) -> Result<Var<Tensor>> {
        relu(x)
    }
    fn adaptive_avg_pool(&self, output: [usize; 2], x: &Var<Tensor>) -> Result<Var<Tensor>> {
        adaptive_avg_pool(output, x)
    }
    fn flatten(&self, x: &Var<Tensor>) -> Result<Var<Tensor>> {
        flatten(x)
    }
    fn linear(&self, x: &Var<Tensor>, weight: &Var<Tensor>, bias: Option<&Var<Tensor>>) -> Result<Var<Tensor>> {
        linear(x, weight, bias)
    }
    fn softmax_cross_entropy(&self, logits: &Var<Tensor>, labels: &[usize]) -> Result<Var<Tensor>> {
        softmax_cross_entropy(logits, labels)
    }
}
