//! What the tape and the differentiable convolution need of a tensor.

use crate::grid::{Grid, size};
use crate::tensor::GpuTensor;
use unrolled::{ChannelBias, Error, Result, Value};

crate::kernels! {
    /// Kernels that every chapter needs.
    pub(crate) mod kernels from "kernels.ptx";

    /// x[i] = value, a thread for each of `count` elements.
    fn fill(x: &mut GpuTensor, count: u32, value: f32);

    /// y[i] += x[i], a thread for each of `count` elements.
    fn accumulate(x: &GpuTensor, y: &mut GpuTensor, count: u32);

    /// y[n,k,p] += bias[k], a thread for each of `count` elements of y `[N, K, positions]`.
    fn add_bias(bias: &GpuTensor, y: &mut GpuTensor, k: u32, positions: u32, count: u32);

    /// sums[k] = Σ x[n,k,p] over n and p, a block of 256 threads for each k; x is `[N, K, positions]`.
    fn sum_channels(x: &GpuTensor, sums: &mut GpuTensor, n: u32, k: u32, positions: u32);
}

/// Threads of a block where each thread has one element.
const THREADS: u32 = 256;

// ANCHOR: value
impl Value for GpuTensor {
    fn shape(&self) -> &[usize] {
        self.shape()
    }

    fn ones_like(&self) -> Result<Self> {
        self.session().full(self.shape(), 1.0)
    }

    fn accumulate(&mut self, other: &Self) -> Result<()> {
        if self.shape() != other.shape() {
            let expected = format!("the shape that it is added to, {:?}", self.shape());
            return Err(Error::argument("summand", other.shape(), expected));
        }
        let (session, count) = (self.session().clone(), self.len());
        kernels::accumulate(&session, Grid::cover(count, THREADS)?, other, self, size("elements", count)?)
    }
}
// ANCHOR_END: value

impl ChannelBias for GpuTensor {
    fn add_bias(mut self, bias: &Self) -> Result<Self> {
        let (k, positions) = self.channels()?;
        if bias.shape() != [k] {
            return Err(Error::argument("bias", bias.shape(), format!("[{k}], one per channel")));
        }
        let (session, count) = (self.session().clone(), self.len());
        let [k, positions] = [size("channels", k)?, size("positions", positions)?];
        let grid = Grid::cover(count, THREADS)?;
        kernels::add_bias(&session, grid, bias, &mut self, k, positions, size("elements", count)?)?;
        Ok(self)
    }

    fn sum_channels(&self) -> Result<Self> {
        let (k, positions) = self.channels()?;
        let mut sums = self.session().scratch(&[k])?;
        let grid = Grid::new([k, 1, 1], [THREADS, 1, 1])?;
        let [n, k, positions] = [size("images", self.shape()[0])?, size("channels", k)?, size("positions", positions)?];
        kernels::sum_channels(self.session(), grid, self, &mut sums, n, k, positions)?;
        Ok(sums)
    }
}

#[cfg(test)]
#[test]
fn signatures_match() {
    crate::testing::assert_matches_ptx(kernels::PTX, kernels::SIGNATURES);
}
