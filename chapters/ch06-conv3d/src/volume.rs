//! A volume such as a CT scanner makes, and the kernels that find the surfaces in it.

use unrolled::{ConvSpec, Convolution, Error, Result, Tensor, init};

/// Voxels along each axis of a [`phantom`].
pub const SIDE: usize = 24;

/// An ellipsoid; places and radii as depth, height, width in a cube from −1 to 1.
struct Ellipsoid {
    centre: [f64; 3],
    radii: [f64; 3],
    density: f32,
}

impl Ellipsoid {
    fn contains(&self, place: [f64; 3]) -> bool {
        let part = |axis: usize| (place[axis] - self.centre[axis]) / self.radii[axis];
        (0..3).map(|axis| part(axis) * part(axis)).sum::<f64>() <= 1.0
    }
}

/// A head `[1, 1, 24, 24, 24]` of nested ellipsoids: air 0, bone 8, brain 4, two chambers of fluid 1, and
/// something that shouldn't be there, 6. `seed` shifts what is inside.
///
/// In the manner of Shepp and Logan, "The Fourier reconstruction of a head section" (1974), whose ellipses are
/// what every method of tomography is first tried on.
///
/// # Errors
/// If there is no memory.
pub fn phantom(seed: u64) -> Result<Tensor> {
    let shift = init::uniform::<f64>(&[9], 0.05, &mut init::rng(seed))?;
    let inside = |i: usize, centre: [f64; 3], radii, density| {
        let centre = std::array::from_fn(|axis| centre[axis] + shift.data()[3 * i + axis]);
        Ellipsoid { centre, radii, density }
    };
    // Each lies in those before it.
    let ellipsoids = [
        Ellipsoid { centre: [0.0; 3], radii: [0.8, 0.9, 0.76], density: 8.0 },
        Ellipsoid { centre: [0.0; 3], radii: [0.62, 0.72, 0.58], density: 4.0 },
        inside(0, [0.0, -0.1, -0.24], [0.36, 0.38, 0.14], 1.0),
        inside(1, [0.0, -0.1, 0.24], [0.36, 0.38, 0.14], 1.0),
        inside(2, [0.2, 0.46, 0.0], [0.22, 0.16, 0.24], 6.0),
    ];
    Tensor::from_fn(&[1, 1, SIDE, SIDE, SIDE], |i| {
        let place = [i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE].map(|v| (2 * v + 1) as f64 / SIDE as f64 - 1.0);
        ellipsoids.iter().rev().find(|ellipsoid| ellipsoid.contains(place)).map_or(0.0, |ellipsoid| ellipsoid.density)
    })
}

// ANCHOR: sobel
const DIFFERENCE: [f32; 3] = [-1.0, 0.0, 1.0];
const SMOOTH: [f32; 3] = [1.0, 2.0, 1.0];

/// Sobel's kernels in three dimensions, `[3, 1, 3, 3, 3]`: one for each axis, which takes the difference −1 0 1
/// along that axis and smooths by 1 2 1 along the others.
///
/// # Errors
/// If there is no memory.
pub fn sobel_3d() -> Result<Tensor> {
    Tensor::from_fn(&[3, 1, 3, 3, 3], |i| {
        let (axis, taps) = (i / 27, [i / 9 % 3, i / 3 % 3, i % 3]);
        (0..3).map(|d| if d == axis { DIFFERENCE[taps[d]] } else { SMOOTH[taps[d]] }).product()
    })
}

/// The same in two dimensions, for each slice by itself: `[2, 1, 1, 3, 3]`, kernels of depth 1.
///
/// # Errors
/// If there is no memory.
pub fn sobel_2d() -> Result<Tensor> {
    Tensor::from_fn(&[2, 1, 1, 3, 3], |i| {
        let (axis, taps) = (i / 9, [i / 3 % 3, i % 3]);
        (0..2).map(|d| if d == axis { DIFFERENCE[taps[d]] } else { SMOOTH[taps[d]] }).product()
    })
}

// ANCHOR_END: sobel

// ANCHOR: steepness
/// How steep a volume `[1, 1, D, H, W]` is in each voxel, `[1, 1, D, H, W]`: the length of the vector of what
/// the `kernels` `[A, 1, 1 or 3, 3, 3]` answer there, √(Σ over k of y\[k\]²).
///
/// # Errors
/// As [`Convolution`].
pub fn steepness(algorithm: &impl Convolution<Tensor, 3>, volume: &Tensor, kernels: &Tensor) -> Result<Tensor> {
    let depth = kernels.shape().get(2).copied().unwrap_or(1); // the algorithm says what is wrong with it
    let same = ConvSpec { padding: [depth / 2, 1, 1], ..ConvSpec::default() };
    let answers = algorithm.forward(&same, volume, kernels)?;
    let mut sums = Tensor::zeros(volume.shape())?;
    for answer in answers.data().chunks(volume.len().max(1)) {
        sums.data_mut().iter_mut().zip(answer).for_each(|(sum, y)| *sum += y * y);
    }
    Ok(sums.map(f32::sqrt))
}
// ANCHOR_END: steepness

/// For each voxel of a volume `[1, 1, D, H, W]`, how many of those around it have another density: of the six that
/// share a face with it, and of the 26 that share a face, an edge or a corner. Beyond the border, nothing counts.
///
/// # Errors
/// If the volume has another shape.
pub fn neighbours(volume: &Tensor) -> Result<Vec<[usize; 2]>> {
    let &[1, 1, d, h, w] = volume.shape() else {
        return Err(Error::argument("volume", volume.shape(), "[1, 1, D, H, W]"));
    };
    let count = |i: usize| {
        let place = [i / (h * w), i / w % h, i % w];
        let mut counts = [0, 0];
        for step in 0..27 {
            // −1, 0 or 1 along each axis; out of range below 0 is out of range above.
            let by = [step / 9, step / 3 % 3, step % 3];
            let [z, y, x] = std::array::from_fn(|axis| (place[axis] + by[axis]).wrapping_sub(1));
            if z < d && y < h && x < w && volume.data()[(z * h + y) * w + x] != volume.data()[i] {
                counts[0] += usize::from(by.iter().filter(|&&by| by != 1).count() == 1);
                counts[1] += 1;
            }
        }
        counts
    };
    Ok((0..volume.len()).map(count).collect())
}
