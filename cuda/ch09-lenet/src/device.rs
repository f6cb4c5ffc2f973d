//! The GPU as a device that networks run on.

use crate::{THREADS, kernels::optimiser};
use host::{GpuTensor, Grid, Session, size};
use unrolled::nn::Device;
use unrolled::optim::{AdamStep, Update};
use unrolled::{Error, Result, Tensor, Var};

/// A GPU, real or simulated, as a [`Device`]: its values are [`GpuTensor`]s.
///
/// ```
/// use cuda_ch09_lenet::Gpu;
/// use host::Session;
/// use unrolled::nn::Device;
/// use unrolled::{Tensor, Var};
///
/// let gpu = Gpu(Session::new()?);
/// let x = Var::parameter(gpu.upload(Tensor::new(&[1, 2], vec![-1.0, 2.0])?)?);
/// let loss = gpu.softmax_cross_entropy(&gpu.relu(&x)?, &[1])?;
/// loss.backward()?;
/// let p = 1.0 / (1.0 + 2_f32.exp()); // of class 0, whose logit is 0 by now
/// assert!((gpu.download(&loss.value())?.data()[0] + (1.0 - p).ln()).abs() < 1e-6);
/// let dx = gpu.download(&x.grad().expect("a gradient"))?;
/// assert!(dx.data()[0] == 0.0 && (dx.data()[1] + p).abs() < 1e-6);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gpu(pub Session);

impl Update<GpuTensor> for Gpu {
    fn zeros_like(&self, value: &GpuTensor) -> Result<GpuTensor> {
        self.0.full(value.shape(), 0.0)
    }

    fn adam(&self, step: AdamStep, state: [&mut GpuTensor; 3], grad: &GpuTensor) -> Result<()> {
        if let Some(other) = state.iter().find(|t| t.shape() != grad.shape()) {
            let expected = format!("the shape of the gradient, {:?}", grad.shape());
            return Err(Error::argument("parameter or its state", other.shape(), expected));
        }
        let [w, m, v] = state;
        let (grid, count) = (Grid::cover(grad.len(), THREADS)?, size("elements", grad.len())?);
        optimiser::adam(
            &self.0,
            grid,
            w,
            m,
            v,
            grad,
            count,
            (1.0 - AdamStep::BETA1) as f32,
            AdamStep::BETA2 as f32,
            (1.0 - AdamStep::BETA2) as f32,
            step.size as f32,
            step.root as f32,
            AdamStep::EPSILON as f32,
        )
    }
}

impl Device<GpuTensor> for Gpu {
    fn upload(&self, tensor: Tensor) -> Result<GpuTensor> {
        self.0.upload(&tensor)
    }
    fn download(&self, value: &GpuTensor) -> Result<Tensor> {
        value.download()
    }
    fn relu(&self, x: &Var<GpuTensor>) -> Result<Var<GpuTensor>> {
        crate::relu(x)
    }
    fn adaptive_avg_pool(&self, output: [usize; 2], x: &Var<GpuTensor>) -> Result<Var<GpuTensor>> {
        crate::adaptive_avg_pool(output, x)
    }
    fn flatten(&self, x: &Var<GpuTensor>) -> Result<Var<GpuTensor>> {
        crate::flatten(x)
    }
    fn linear(
        &self,
        x: &Var<GpuTensor>,
        weight: &Var<GpuTensor>,
        bias: Option<&Var<GpuTensor>>,
    ) -> Result<Var<GpuTensor>> {
        crate::linear(x, weight, bias)
    }
    fn softmax_cross_entropy(&self, logits: &Var<GpuTensor>, labels: &[usize]) -> Result<Var<GpuTensor>> {
        crate::softmax_cross_entropy(logits, labels)
    }
}
