//! The version that never writes the column matrix down.

use crate::im2col::Im2col;
use crate::sizes::sizes;
use host::{GpuTensor, Grid, size};
use unrolled::{ConvSpec, Convolution, Result};

host::kernels! {
    /// The product of weight and column matrix, without the matrix.
    pub mod kernels from "implicit.ptx";

    /// The output of all `images`; `channels` and `filters` are those of one group, and the grid's z counts groups.
    fn implicit_gemm(
        input: &GpuTensor, weight: &GpuTensor, output: &mut GpuTensor, images: u32, channels: u32, filters: u32,
        depth: u32, height: u32, width: u32, out_z: u32, out_y: u32, out_x: u32,
        taps_q: u32, taps_r: u32, taps_s: u32, stride_z: u32, stride_y: u32, stride_x: u32,
        padding_z: u32, padding_y: u32, padding_x: u32, dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

/// Rows and columns of the output that a block of threads computes.
const TILE: usize = 64;

/// Convolution as a matrix product whose second factor, the column matrix, is gathered from the input as it's needed:
/// no memory beside input, weight and output, and all images in one launch. ("Implicit GEMM": Chetlur et al., "cuDNN:
/// Efficient Primitives for Deep Learning", 2014, section 3.)
///
/// The gradients are those of [`Im2col`]. At most 65 535 groups.
#[derive(Debug, Clone, Copy, Default)]
pub struct Implicit;

impl<const D: usize> Convolution<GpuTensor, D> for Implicit {
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut output = input.session().scratch(&shape.output_shape())?;
        let s = shape.lift();
        let columns = s.n * s.positions_out();
        let grid = Grid::new([columns.div_ceil(TILE), s.k.div_ceil(TILE), s.spec.groups], [256, 1, 1])?;
        let [images, channels, filters] = [size("images", s.n)?, size("channels", s.c)?, size("filters", s.k)?];
        let [d, h, w, z, y, x, q, r, t, sz, sy, sx, pz, py, px, dz, dy, dx] = sizes(&s)?;
        #[rustfmt::skip]
        kernels::implicit_gemm(
            input.session(), grid, input, weight, &mut output, images, channels, filters,
            d, h, w, z, y, x, q, r, t, sz, sy, sx, pz, py, px, dz, dy, dx,
        )?;
        Ok(output)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        Im2col::default().grad_input(spec, input_shape, weight, grad)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        Im2col::default().grad_weight(spec, input, weight_shape, grad)
    }
}
