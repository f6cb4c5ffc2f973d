//! The figure: a volume and its surfaces, slice by slice.

use ch02_im2col::Fused;
use ch06_conv3d::volume::{SIDE, phantom, sobel_2d, sobel_3d, steepness};
use std::fmt::Write;
use unrolled::svg::Svg;
use unrolled::{Result, Tensor};

/// Shades, from nothing to the largest number of a volume.
const SHADES: usize = 8;
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
            svg.group([126.0 + i as f64 * step, y], |svg| slice(svg, volume, z));
        }
    }
    // The writer of figures has no shades of its own. Crisp edges leave no seams between voxels.
    let mut shades = String::from("[class^=g] { shape-rendering: crispEdges }\n");
    for i in 0..SHADES {
        let grey = 255 * i / (SHADES - 1);
        writeln!(shades, ".g{i} {{ fill: rgb({grey} {grey} {grey}) }}").expect("a String takes any text");
    }
    Ok(svg.finish().replacen("</style>", &(shades + "</style>"), 1))
}

/// One slice of a volume; white is the largest number of the whole volume.
fn slice(svg: &mut Svg, volume: &Tensor, z: usize) {
    let largest = volume.data().iter().fold(f32::MIN_POSITIVE, |largest, &x| largest.max(x));
    let side = SIDE as f64 * CELL;
    svg.rect("g0", [0.0, 0.0], [side, side]);
    for (y, row) in volume.data()[z * SIDE * SIDE..][..SIDE * SIDE].chunks(SIDE).enumerate() {
        let shades: Vec<usize> = row.iter().map(|x| (x / largest * (SHADES - 1) as f32).round() as usize).collect();
        let mut x = 0;
        // Neighbours of one shade are one rectangle.
        for run in shades.chunk_by(|a, b| a == b) {
            if run[0] > 0 {
                let corner = [x as f64 * CELL, y as f64 * CELL];
                svg.rect(&format!("g{}", run[0]), corner, [run.len() as f64 * CELL, CELL]);
            }
            x += run.len();
        }
    }
}
