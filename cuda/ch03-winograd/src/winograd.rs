//! The algorithm as the contract has it.

use crate::tiles::{Factors, Tiles, multiply};
use host::GpuTensor;
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Result};

/// Winograd's convolution on the GPU: tiles of M × M outputs, each with (M + 2)² multiplications instead of 9 M².
///
/// `Winograd::<2>` and `Winograd::<4>` have kernels. For two dimensions, kernels of 3 × 3, stride 1 and dilation 1; any
/// size, padding, batch and groups.
///
/// M = 2 is exact on small integers, 4 costs about a digit. Beside its operands and its result a pass takes memory for
/// transformed filters, four times the weight for M = 4, and for transformed tiles. Of these there are at most
/// `WORKSPACE` bytes, or 32 tiles if they don't fit; where there are more tiles, they come in turns.
///
/// Winograd, "Arithmetic Complexity of Computations" (1980); Lavin and Gray, "Fast Algorithms for Convolutional Neural
/// Networks" (2016).
///
/// ```
/// use cuda_ch03_winograd::Winograd;
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let session = Session::new()?;
/// let image = session.upload(&Tensor::from_fn(&[1, 1, 4, 4], |i| (i * i) as f32)?)?;
/// let bend = session.upload(&Tensor::new(&[1, 1, 3, 3], vec![0.0, 0.0, 0.0, 1.0, -2.0, 1.0, 0.0, 0.0, 0.0])?)?;
/// let y = Winograd::<2>.forward(&ConvSpec::<2>::default(), &image, &bend)?;
/// assert_eq!(y.download()?.data(), [2.0, 2.0, 2.0, 2.0]); // i² bends by 2
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Winograd<const M: usize, const WORKSPACE: usize = { 64 << 20 }>;

/// A convolution of `input` `[N, groups * depth, H, W]`, from `start` on, with `groups * rows` filters: the forward
/// pass, and with the filters flipped the gradient of the input.
struct Pass<'a> {
    input: &'a GpuTensor,
    weight: &'a GpuTensor,
    flipped: bool,
    groups: usize,
    rows: usize,
    depth: usize,
    start: [i32; 2],
}

impl<const M: usize, const WORKSPACE: usize> Winograd<M, WORKSPACE> {
    // ANCHOR: run
    /// The output of this shape, `[N, groups * rows, Y, X]`.
    fn run(pass: &Pass<'_>, shape: &[usize]) -> Result<GpuTensor> {
        let &Pass { input, weight, flipped, groups, rows, depth, start } = pass;
        let (session, places) = (input.session(), Tiles::<M>::PLACES);
        let tiles = Tiles::<M>::new(shape[0], [shape[2], shape[3]]);
        let held = tiles.held(groups * (rows + depth), WORKSPACE);
        let u = Tiles::<M>::filters(weight, groups, [rows, depth], flipped)?;
        let mut v = session.scratch(&[places, groups, depth, held])?;
        let mut m = session.scratch(&[places, groups, rows, held])?;
        let mut y = session.scratch(shape)?;
        for chunk in tiles.chunks(held) {
            tiles.inputs(input, start, &chunk, &mut v)?;
            multiply(places * groups, [rows, chunk.len(), depth], Factors::AcrossDepth, &u, &v, &mut m)?;
            tiles.outputs(&m, &chunk, &mut y)?;
        }
        Ok(y)
    }
    // ANCHOR_END: run
}

impl<const M: usize, const WORKSPACE: usize> Convolution<GpuTensor, 2> for Winograd<M, WORKSPACE> {
    fn forward(&self, spec: &ConvSpec<2>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let start = check(&shape)?.map(|padding| -padding);
        let (groups, rows, depth) = (spec.groups, shape.k, shape.c);
        Self::run(&Pass { input, weight, flipped: false, groups, rows, depth, start }, &shape.output_shape())
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<2>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        // A convolution again: of dy with the flipped kernel, from output channels to input channels. What the first
        // input gets comes through the last tap, so the padding is what the kernel has more than the old one.
        let start = check(&shape)?.map(|padding| padding - 2);
        let (groups, rows, depth) = (spec.groups, shape.c, shape.k);
        Self::run(&Pass { input: grad, weight, flipped: true, groups, rows, depth, start }, input_shape)
    }

    // ANCHOR: grad_weight
    fn grad_weight(
        &self,
        spec: &ConvSpec<2>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let start = check(&shape)?.map(|padding| -padding);
        let (session, places, groups) = (input.session(), Tiles::<M>::PLACES, spec.groups);
        if shape.n == 0 {
            return session.full(weight_shape, 0.0);
        }
        let tiles = Tiles::<M>::new(shape.n, shape.output);
        let held = tiles.held(groups * (shape.k + shape.c), WORKSPACE);
        let mut dm = session.scratch(&[places, groups, shape.k, held])?;
        let mut v = session.scratch(&[places, groups, shape.c, held])?;
        let mut du = session.scratch(&[places, groups, shape.k, shape.c])?;
        for chunk in tiles.chunks(held) {
            tiles.outputs_adjoint(grad, &chunk, &mut dm)?;
            tiles.inputs(input, start, &chunk, &mut v)?;
            // dU = dM Vᵀ, summed over the tiles
            let factors = Factors::AlongDepth { accumulate: chunk.start > 0 };
            multiply(places * groups, [shape.k, shape.c, chunk.len()], factors, &dm, &v, &mut du)?;
        }
        Tiles::<M>::filters_adjoint(&du, weight_shape)
    }
    // ANCHOR_END: grad_weight
}

/// The padding along each axis, if this is a convolution that tiles can compute.
fn check(shape: &ConvShape<2>) -> Result<[i32; 2]> {
    let ConvSpec { stride, padding, dilation, .. } = shape.spec;
    if stride != [1, 1] {
        let expected = "1 along each axis, as the outputs of a tile share their inputs; for others there is im2col";
        return Err(Error::argument("stride for Winograd", stride, expected));
    }
    if dilation != [1, 1] {
        let expected = "1 along each axis; Dilated<Winograd> takes a dilated convolution apart into such";
        return Err(Error::argument("dilation for Winograd", dilation, expected));
    }
    if shape.kernel != [3, 3] {
        let expected = "[3, 3], which the GPU's transforms are written for; for others there is im2col";
        return Err(Error::argument("kernel for Winograd", shape.kernel, expected));
    }
    match padding.map(i32::try_from) {
        [Ok(y), Ok(x)] => Ok([y, x]),
        _ => Err(Error::argument("padding for Winograd", padding, "less than 2³¹ along each axis")),
    }
}
