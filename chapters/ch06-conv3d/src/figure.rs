//! The figure: a volume and its surfaces, slice by slice.

use ch02_im2col::Fused;
use ch06_conv3d::volume::{SIDE, phantom, sobel_2d, sobel_3d, steepness};
use unrolled::svg::Svg;
use unrolled::{Result, Tensor};

/// The slices to draw, by their depth.
const SLICES: [usize; 5] = [3, 5, 8, 11, 15];
/// Pixels of the figure to a voxel, and between two slices.
const CELL: f64 = 4.0;
const GAP: f64 = 10.0;

/// Three rows: the densities, the steepness that 2D kernels find in each slice, and the one that 3D kernels find.
pub fn slices(seed: u64) -> Result<String> {
    let volume = phantom(seed)?;
    let rows = [
        ("density", volume.clone()),
        ("2D, by slice", steepness(&Fused, &volume, &sobel_2d()?)?),
        ("3D", steepness(&Fused, &volume, &sobel_3d()?)?),
    ];
    let description = "Five slices of a head of nested ellipsoids. Below each, how steep it is there, by Sobel's \
        kernels in two dimensions and in three. Near the top of the head, the two-dimensional kernels draw a ring; the \
        three-dimensional ones fill it, for the surface lies flat in the slice there.";
    let (step, top) = (SIDE as f64 * CELL + GAP, 44.0);
    let width = 136.0 + SLICES.len() as f64 * step;
    let mut svg = Svg::new(width, top + 3.0 * step + 8.0, "Slices of a volume, and the surfaces in it", description);
    for (i, z) in SLICES.into_iter().enumerate() {
        svg.text("small soft", [126.0 + (i as f64 + 0.5) * step - GAP / 2.0, 26.0], format!("slice {z}"));
    }
    for (row, (name, volume)) in rows.iter().enumerate() {
        let y = top + row as f64 * step;
        svg.text("start", [18.0, y + step / 2.0 - GAP / 2.0], name);
        for (i, z) in SLICES.into_iter().enumerate() {
            slice(&mut svg, [126.0 + i as f64 * step, y], volume, z);
        }
    }
    Ok(svg.finish())
}

/// One slice of a volume; white is the largest number of the whole volume.
fn slice(svg: &mut Svg, corner: [f64; 2], volume: &Tensor, z: usize) {
    let largest = volume.data().iter().fold(f32::MIN_POSITIVE, |largest, &x| largest.max(x));
    svg.picture(corner, &volume.data()[z * SIDE * SIDE..][..SIDE * SIDE], SIDE, CELL, largest);
}
