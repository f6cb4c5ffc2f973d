//! The figures: a volume and its surfaces, slice by slice, and a convolution as a matrix of planes.

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

/// The convolution as a matrix with a column for each input plane, a row for each output plane, and slices in it.
pub fn matrix() -> Result<String> {
    const SIDE: f64 = 40.0;
    const TAPS: usize = 3;
    const INPUTS: usize = 8;
    let outputs = INPUTS - TAPS + 1;
    let description = "A matrix of 6 rows, one for each output plane, and 8 columns, one for each input plane. Row z holds \
                       slices 0, 1 and 2 of the kernel in columns z, z + 1 and z + 2, and nothing elsewhere. Row 2 has a \
                       frame: an output plane is made of three input planes. Column 4 is coloured: an input plane is seen by \
                       three output planes, by output 4 through slice 0, by 3 through slice 1 and by 2 through slice 2.";
    let mut svg = Svg::new(720.0, 390.0, "A 3D convolution as a matrix of planes", description);
    svg.text("soft", [280.0, 28.0], "input planes");
    svg.group([120.0, 74.0], |svg| {
        for column in 0..INPUTS {
            let class = if column == 4 { "small result" } else { "small soft" };
            svg.text(class, [(column as f64 + 0.5) * SIDE, -14.0], column);
        }
        for row in 0..outputs {
            let middle = (row as f64 + 0.5) * SIDE;
            svg.text(if row == 2 { "small hot" } else { "small soft" }, [-40.0, middle], format!("output {row}"));
            for column in 0..INPUTS {
                let corner = [column as f64 * SIDE, row as f64 * SIDE];
                let q = column.wrapping_sub(row);
                svg.rect(if q < TAPS && column == 4 { "cell result" } else { "cell" }, corner, [SIDE, SIDE]);
                if q < TAPS {
                    svg.text("code", corner.map(|c| c + SIDE / 2.0), q);
                }
            }
        }
        svg.rect("frame", [0.0, 2.0 * SIDE], [INPUTS as f64 * SIDE, SIDE]);
        svg.text("start hot", [INPUTS as f64 * SIDE + 16.0, 2.5 * SIDE], "row by row: slices");
        svg.text("start result", [INPUTS as f64 * SIDE + 16.0, 4.5 * SIDE], "column by column: march");
    });
    svg.text("soft", [360.0, 344.0], "A number q stands for a whole matrix of chapter 1, that of slice q.");
    svg.text("soft", [360.0, 366.0], "Transposed, this is the gradient of the input.");
    Ok(svg.finish())
}
