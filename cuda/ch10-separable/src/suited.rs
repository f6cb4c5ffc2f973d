//! For each step of a pipeline the kernel that suits it.

use crate::kernels;
use cuda_ch01_naive::Sizes;
use cuda_ch07_grouped::{Depthwise, Grouped};
use host::{GpuTensor, Grid};
use unrolled::{ConvShape, ConvSpec, Convolution, Result};

/// One line of taps by a kernel for that, each channel by itself by chapter 7's `Depthwise`, everything else by its
/// `Grouped`: any convolution in two dimensions. The gradients are always those of chapter 7.
///
/// ```
/// use ch10_separable::spatially_separable;
/// use cuda_ch10_separable::Suited;
/// use host::Session;
/// use unrolled::{ConvSpec, Tensor, Var};
///
/// let session = Session::new()?;
/// let on_gpu = |t: Tensor| Ok::<_, unrolled::Error>(Var::parameter(session.upload(&t)?));
/// let image = on_gpu(Tensor::from_fn(&[1, 1, 3, 4], |i| (i % 4) as f32)?)?;
/// let column = on_gpu(Tensor::new(&[1, 1, 3, 1], vec![1.0, 2.0, 1.0])?)?;
/// let row = on_gpu(Tensor::new(&[1, 1, 1, 3], vec![1.0, 0.0, -1.0])?)?;
/// let edges = spatially_separable(&Suited, &ConvSpec::default(), &image, [&column, &row], None)?;
/// assert_eq!(edges.value().download()?.data(), [-8.0, -8.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Suited;

/// A tile's outputs along y and x.
const TILE: [usize; 2] = [8, 32];

/// Shared memory of a block, in bytes.
const SHARED: usize = 48 * 1024;

/// Whether each channel is convolved by itself.
fn alone(spec: &ConvSpec<2>, weight: &[usize]) -> bool {
    spec.groups > 1 && weight.get(1) == Some(&1)
}

/// The axis that the kernel is a line along, if nothing happens along the other one, and what a tile reads along it fits
/// shared memory; and how many inputs that are.
fn line(s: &ConvShape<2>) -> Option<(usize, usize)> {
    let axis = (0..2).find(|&axis| {
        let other = 1 - axis;
        let still = s.kernel[other] == 1 && s.spec.stride[other] == 1 && s.spec.padding[other] == 0;
        still && s.kernel[axis] > 1 && s.spec.groups == 1
    })?;
    let taps = (s.kernel[axis] - 1).saturating_mul(s.spec.dilation[axis]).saturating_add(1);
    let reach = ((TILE[axis] - 1).saturating_mul(s.spec.stride[axis])).saturating_add(taps);
    let bytes = shared(s.kernel[axis], reach.saturating_mul(TILE[1 - axis]));
    (bytes <= SHARED).then_some((axis, reach))
}

/// Bytes for four weights of each tap, and for a tile's inputs.
fn shared(taps: usize, inputs: usize) -> usize {
    inputs.saturating_add(4 * taps).saturating_mul(4)
}

impl Convolution<GpuTensor, 2> for Suited {
    // ANCHOR: suited
    #[rustfmt::skip] // sizes as the kernels list them
    fn forward(&self, spec: &ConvSpec<2>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        if alone(spec, weight.shape()) {
            return Depthwise.forward(spec, input, weight);
        }
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let Some((axis, reach)) = line(&shape) else {
            return Grouped.forward(spec, input, weight);
        };
        let Sizes { c, k, input: [_, h, w], kernel: [_, r, s], output: [_, y, x], .. } = Sizes::new(&shape)?;
        let along = [shape.spec.stride, shape.spec.padding, shape.spec.dilation].map(|values| values[axis] as u32);
        let [stride, padding, dilation] = along;

        let (session, mut output) = (input.session(), input.session().scratch(&shape.output_shape())?);
        let blocks = shape.n * shape.k.div_ceil(4) * shape.output[1].div_ceil(TILE[1]);
        let grid = Grid::new([blocks, shape.output[0].div_ceil(TILE[0]), 1], [TILE[1] as u32, TILE[0] as u32, 1])?;
        let grid = grid.with_shared(shared(shape.kernel[axis], reach * TILE[1 - axis]) as u32);
        let reach = reach as u32;
        if axis == 0 {
            kernels::column::column(
                session, grid, input, weight, &mut output, reach, c, k, h, w, r, y, stride, padding, dilation,
            )?;
        } else {
            kernels::row::row(
                session, grid, input, weight, &mut output, reach, c, k, h, w, s, x, stride, padding, dilation,
            )?;
        }
        Ok(output)
    }
    // ANCHOR_END: suited

    fn grad_input(
        &self,
        spec: &ConvSpec<2>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        match alone(spec, weight.shape()) {
            true => Depthwise.grad_input(spec, input_shape, weight, grad),
            false => Grouped.grad_input(spec, input_shape, weight, grad),
        }
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<2>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        match alone(spec, weight_shape) {
            true => Depthwise.grad_weight(spec, input, weight_shape, grad),
            false => Grouped.grad_weight(spec, input, weight_shape, grad),
        }
    }
}
