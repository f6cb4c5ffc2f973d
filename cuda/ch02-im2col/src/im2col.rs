//! The textbook version: write the column matrix down, then multiply.

use crate::gemm::{Rung, gemm};
use crate::matrix::Matrix;
use crate::sizes::sizes;
use host::{GpuTensor, Grid, Session, size};
use std::ops::Range;
use unrolled::{ConvShape, ConvSpec, Convolution, Result};

host::kernels! {
    /// The column matrix, and its adjoint.
    pub mod kernels from "im2col.ptx";

    /// The column matrix of `channels` channels from the `first` of the input on, a thread for each position.
    fn im2col(
        input: &GpuTensor, columns: &mut GpuTensor, first: u32, channels: u32,
        depth: u32, height: u32, width: u32, out_z: u32, out_y: u32, out_x: u32,
        taps_q: u32, taps_r: u32, taps_s: u32, stride_z: u32, stride_y: u32, stride_x: u32,
        padding_z: u32, padding_y: u32, padding_x: u32, dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );

    /// The input that such a matrix came from, each element the sum of what became of its copies; a thread for each.
    fn col2im(
        columns: &GpuTensor, input: &mut GpuTensor, first: u32, channels: u32,
        depth: u32, height: u32, width: u32, out_z: u32, out_y: u32, out_x: u32,
        taps_q: u32, taps_r: u32, taps_s: u32, stride_z: u32, stride_y: u32, stride_x: u32,
        padding_z: u32, padding_y: u32, padding_x: u32, dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

/// Threads of a block.
const THREADS: u32 = 256;

/// Room for the column matrices `[images, groups, taps, positions]` of some images.
fn columns(s: &ConvShape<3>, session: &Session, images: &Range<usize>) -> Result<GpuTensor> {
    session.scratch(&[images.len(), s.spec.groups, s.taps(), s.positions_out()])
}

/// The column matrices of some images: each column is the patch of the input that one output position sees.
fn im2col(s: &ConvShape<3>, input: &GpuTensor, images: &Range<usize>) -> Result<GpuTensor> {
    let mut columns = columns(s, input.session(), images)?;
    let channels = s.spec.groups * s.c;
    let [first, count] = [size("channels", images.start * channels)?, size("channels", images.len() * channels)?];
    let grid = Grid::cover(images.len() * channels * s.positions_out(), THREADS)?;
    let [d, h, w, z, y, x, q, r, t, sz, sy, sx, pz, py, px, dz, dy, dx] = sizes(s)?;
    #[rustfmt::skip]
    kernels::im2col(
        input.session(), grid, input, &mut columns, first, count,
        d, h, w, z, y, x, q, r, t, sz, sy, sx, pz, py, px, dz, dy, dx,
    )?;
    Ok(columns)
}

/// The adjoint of [`im2col`]: fills these images of the input with the sums of what became of each element's copies. An
/// element that no window touches gets 0.
fn col2im(s: &ConvShape<3>, columns: &GpuTensor, input: &mut GpuTensor, images: &Range<usize>) -> Result<()> {
    let channels = s.spec.groups * s.c;
    let [first, count] = [size("channels", images.start * channels)?, size("channels", images.len() * channels)?];
    let grid = Grid::cover(images.len() * channels * s.positions_in(), THREADS)?;
    let [d, h, w, z, y, x, q, r, t, sz, sy, sx, pz, py, px, dz, dy, dx] = sizes(s)?;
    #[rustfmt::skip]
    kernels::col2im(
        columns.session(), grid, columns, input, first, count,
        d, h, w, z, y, x, q, r, t, sz, sy, sx, pz, py, px, dz, dy, dx,
    )?;
    Ok(())
}

/// Convolution as three matrix products over a column matrix that is written to the GPU's memory, for some images at a
/// time.
///
/// Products of all these images and all groups are one batch, and so one launch.
#[derive(Debug, Clone, Copy)]
pub struct Im2col {
    /// The rung of the ladder for all products; `None`, the default, is the one that [fits](Rung::fitting) each.
    pub rung: Option<Rung>,
    /// Bytes that the column matrices of the images that are done together may have, or those of one image if it has
    /// more. 64 MiB by default.
    pub workspace: usize,
}

impl Default for Im2col {
    fn default() -> Self {
        Self { rung: None, workspace: 64 << 20 }
    }
}

impl Im2col {
    fn rung(&self, rows: usize, cols: usize) -> Rung {
        self.rung.unwrap_or_else(|| Rung::fitting(rows, cols))
    }

    /// All images, in pieces that fit the workspace if each image takes its column matrix and `beside` elements more.
    fn pieces(&self, s: &ConvShape<3>, beside: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let image = (s.spec.groups * s.taps()).saturating_mul(s.positions_out()).saturating_add(beside);
        let (n, images) = (s.n, (self.workspace / size_of::<f32>() / image).max(1));
        (0..n).step_by(images).map(move |first| first..n.min(first + images))
    }
}

impl<const D: usize> Convolution<GpuTensor, D> for Im2col {
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut output = input.session().scratch(&shape.output_shape())?;
        let s = shape.lift();
        let (groups, k, taps, positions) = (s.spec.groups, s.k, s.taps(), s.positions_out());
        for images in self.pieces(&s, 0) {
            let columns = im2col(&s, input, &images)?;
            let (first, count) = (images.start * groups, images.len() * groups);
            // ANCHOR: forward
            let w = Matrix::new(weight, k, taps).batch(groups, k * taps);
            let p = Matrix::new(&columns, taps, positions).batch(count, taps * positions);
            let y = Matrix::new(&mut output, k, positions).batch(count, k * positions).at(first * k * positions);
            gemm(self.rung(k, positions), w, p, y, false)?; // y = W P
            // ANCHOR_END: forward
        }
        Ok(output)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let mut dx = grad.session().scratch(input_shape)?;
        let s = shape.lift();
        let (groups, k, taps, positions) = (s.spec.groups, s.k, s.taps(), s.positions_out());
        for images in self.pieces(&s, 0) {
            let mut columns = columns(&s, grad.session(), &images)?;
            let (first, count) = (images.start * groups, images.len() * groups);
            let w = Matrix::new(weight, k, taps).batch(groups, k * taps);
            let dy = Matrix::new(grad, k, positions).batch(count, k * positions).at(first * k * positions);
            let dp = Matrix::new(&mut columns, taps, positions).batch(count, taps * positions);
            gemm(self.rung(taps, positions), w.t(), dy, dp, false)?; // dP = Wᵀ dy
            col2im(&s, &columns, &mut dx, &images)?;
        }
        Ok(dx)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let session = input.session();
        let mut dw = session.full(weight_shape, 0.0)?;
        let s = shape.lift();
        let (groups, k, taps, positions) = (s.spec.groups, s.k, s.taps(), s.positions_out());
        let one = session.full(&[1], 1.0)?;
        for images in self.pieces(&s, dw.len()) {
            let columns = im2col(&s, input, &images)?;
            // Each image's own dW, so that all are computed at once;
            let mut each = session.scratch(&[images.len(), dw.len()])?;
            let (first, count) = (images.start * groups, images.len() * groups);
            let dy = Matrix::new(grad, k, positions).batch(count, k * positions).at(first * k * positions);
            let p = Matrix::new(&columns, taps, positions).batch(count, taps * positions);
            let dw_each = Matrix::new(&mut each, k, taps).batch(count, k * taps);
            gemm(self.rung(k, taps), dy, p.t(), dw_each, false)?; // dW[n] = dy Pᵀ
            // then their sum, a product with a row of ones: one number in memory, with a stride of 0.
            let ones = Matrix::new(&one, 1, images.len()).strides(0, 0);
            let size = dw.len();
            let each = Matrix::new(&each, images.len(), size);
            gemm(Rung::Naive, ones, each, Matrix::new(&mut dw, 1, size), true)?;
        }
        Ok(dw)
    }
}
