//! Space to batch, and back.

use crate::kernels::sub_grids as kernels;
use ch04_dilated::SubGrids;
use host::{GpuTensor, Grid, Session, size};
use unrolled::conv::axis_names;
use unrolled::{Error, Result};

/// Space to batch: deals a tensor out into its sub-grids.
///
/// ```
/// use ch04_dilated::SubGrids;
/// use cuda_ch04_dilated::gather;
/// use host::Session;
/// use unrolled::{ConvSpec, Tensor};
///
/// // Two taps at dilation 2 on seven inputs: five outputs, y[i] from x[i] and x[i + 2].
/// let spec = ConvSpec { dilation: [2], ..ConvSpec::<1>::default() };
/// let (input, _) = SubGrids::of(&spec.resolve(&[1, 1, 7], &[1, 1, 2])?)?;
/// let x = Session::new()?.upload(&Tensor::from_fn(&[1, 1, 7], |i| 10.0 + i as f32)?)?;
/// let parts = gather(&input, &x)?.download()?;
/// assert_eq!(parts.shape(), [2, 1, 4]);
/// assert_eq!(parts.data(), [10.0, 12.0, 14.0, 16.0, 11.0, 13.0, 15.0, 0.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If the tensor hasn't [`SubGrids::whole_shape`], a size doesn't fit 32 bits, or the device fails.
// ANCHOR: gather
pub fn gather<const D: usize>(grids: &SubGrids<D>, whole: &GpuTensor) -> Result<GpuTensor> {
    check("tensor", whole, &grids.whole_shape())?;
    launch(kernels::gather, grids, whole, &grids.parts_shape())
}
// ANCHOR_END: gather

/// Batch to space, the adjoint of [`gather`]: every element goes back to where it is from. What lies outside of the
/// tensor is dropped; what no sub-grid has is zero.
///
/// # Errors
/// If `parts` hasn't [`SubGrids::parts_shape`], a size doesn't fit 32 bits, or the device fails.
pub fn scatter<const D: usize>(grids: &SubGrids<D>, parts: &GpuTensor) -> Result<GpuTensor> {
    check("sub-grids", parts, &grids.parts_shape())?;
    launch(kernels::scatter, grids, parts, &grids.whole_shape())
}

/// The function of either kernel.
#[rustfmt::skip]
type Kernel = fn(
    &Session, Grid, &GpuTensor, &mut GpuTensor,
    u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32,
) -> Result<()>;

/// Makes a tensor `[lines / C, C, ...]` from another: a warp for each of its lines, up to four elements to a thread.
#[rustfmt::skip] // sizes as the kernels list them
fn launch<const D: usize>(kernel: Kernel, grids: &SubGrids<D>, from: &GpuTensor, shape: &[usize]) -> Result<GpuTensor> {
    let axes = grids.axes();
    for (axis, name) in axes.iter().zip(axis_names::<3>()) {
        // No place in the padded tensor is further than this, and so no number in the kernel larger.
        let places = axis.dilation.saturating_mul(axis.count).saturating_add(axis.phases);
        size(&format!("padded {name}"), places.max(axis.padding.saturating_add(axis.size)))?;
    }
    let [d, h, w] = axes.map(|axis| axis.size as u32);
    let [pz, py, px] = axes.map(|axis| axis.phases as u32);
    let [cz, cy, cx] = axes.map(|axis| axis.count as u32);
    let [dz, dy, dx] = axes.map(|axis| axis.dilation as u32);
    let [before_z, before_y, before_x] = axes.map(|axis| axis.padding as u32);

    let mut to = from.session().scratch(shape)?;
    let (channels, positions) = to.channels()?;
    let lines = shape[0] * channels;
    let grid = Grid::new([lines.div_ceil(8), positions.div_ceil(4 * 32).min(65_535), 1], [32, 8, 1])?;
    kernel(
        from.session(), grid, from, &mut to, size("channels of all images", lines)?, size("channels", channels)?,
        d, h, w, pz, py, px, cz, cy, cx, dz, dy, dx, before_z, before_y, before_x,
    )?;
    Ok(to)
}

fn check(name: &str, tensor: &GpuTensor, shape: &[usize]) -> Result<()> {
    match tensor.shape() == shape {
        true => Ok(()),
        false => Err(Error::argument(name, tensor.shape(), format!("{shape:?}"))),
    }
}
