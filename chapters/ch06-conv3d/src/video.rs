//! A short film of moving shapes, and kernels that see them move.

use unrolled::{Result, Tensor, init};

/// The size of [`film`]s: frames, height, width.
pub const SIZE: [usize; 3] = [8, 24, 24];

/// What a shape's points fulfil: how far from its centre they may be, down (v) and to the right (h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outline {
    /// max(|v|, |h|) at most the radius.
    Square,
    /// |v| + |h| at most the radius.
    Diamond,
}

/// A shape of brightness 1 that moves to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Its outline.
    pub outline: Outline,
    /// Pixels from its centre to its edge.
    pub radius: isize,
    /// The row and column of its centre in frame 0.
    pub centre: [isize; 2],
    /// Pixels to the right from each frame to the next; negative to the left.
    pub velocity: isize,
}

impl Shape {
    /// Whether it covers a pixel in frame t.
    fn covers(&self, t: usize, y: usize, x: usize) -> bool {
        let (v, h) = (y as isize - self.centre[0], x as isize - self.centre[1] - t as isize * self.velocity);
        let distance = match self.outline {
            Outline::Square => v.abs().max(h.abs()),
            Outline::Diamond => v.abs() + h.abs(),
        };
        distance <= self.radius
    }
}

/// The frames `[1, 1, 8, 24, 24]` of some shapes: 1 where one of them is, 0 elsewhere.
///
/// # Errors
/// If there is no memory.
pub fn film(shapes: &[Shape]) -> Result<Tensor> {
    let [frames, h, w] = SIZE;
    Tensor::from_fn(&[1, 1, frames, h, w], |i| {
        let (t, y, x) = (i / (h * w), i / w % h, i % w);
        f32::from(shapes.iter().any(|shape| shape.covers(t, y, x)))
    })
}

/// Three shapes one below the other: the first moves right, the second stands, the third moves left. `seed`
/// chooses where they begin, and what they are.
///
/// # Errors
/// If there is no memory.
pub fn three_shapes(seed: u64) -> Result<[Shape; 3]> {
    let drawn = init::uniform::<f64>(&[6], 1.0, &mut init::rng(seed))?;
    Ok(std::array::from_fn(|i| {
        let (place, kind) = (drawn.data()[2 * i], drawn.data()[2 * i + 1]);
        // Seven steps from here, and it is still in the frame.
        let column = [6, 12, 18][i] + (2.9 * place) as isize;
        let outline = if kind < 0.0 { Outline::Square } else { Outline::Diamond };
        Shape { outline, radius: 2, centre: [4 + 8 * i as isize, column], velocity: 1 - i as isize }
    }))
}

// ANCHOR: motion
/// Two kernels `[2, 1, 3, 3, 3]`, the first for what moves right by a pixel a frame, the second for what moves left.
///
/// In time t and column x, the first is a product of three:
///
/// - the difference in time, I(t + 1, x) − I(t, x): zero for what stands;
/// - the difference along the way of what moves left, I(t + 1, x − 1) − I(t, x): zero for that;
/// - a sum of two neighbouring columns, which makes it three columns wide.
///
/// What moves right is left over. Over the rows it smooths, by 1 2 1. The second kernel is its mirror image. Filters
/// with an orientation in space and time are from Adelson and Bergen, "Spatiotemporal energy models for the
/// perception of motion" (1985).
///
/// # Errors
/// If there is no memory.
pub fn motion_kernels() -> Result<Tensor> {
    const RIGHT: [[f32; 3]; 3] = [[0.0, 1.0, 1.0], [-1.0, -2.0, -1.0], [1.0, 1.0, 0.0]]; // t down, x to the right
    const SMOOTH: [f32; 3] = [1.0, 2.0, 1.0];
    Tensor::from_fn(&[2, 1, 3, 3, 3], |i| {
        let (k, q, r, s) = (i / 27, i / 9 % 3, i / 3 % 3, i % 3);
        SMOOTH[r] * RIGHT[q][if k == 0 { s } else { 2 - s }]
    })
}
// ANCHOR_END: motion
