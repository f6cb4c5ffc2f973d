//! The gradient of the input, one phase of the stride at a time.
//!
//! The input at i collects dy at (i + padding − r·dilation) / stride from each tap r for which that is a
//! whole number. Which taps those are depends on i's phase alone, its remainder by the stride. So the inputs
//! of one phase form a dense convolution of dy at stride 1, with those taps of the weight: no
//! scattering, and no multiplications by the zeros between the gradients.

use crate::conv::ConvShape;
use crate::gemm::Offsets;
use crate::strip::Strip;

/// Which gradients of the output reach an input of each phase, along one axis: through which tap, and how many
/// places from it, in steps of the stride.
pub struct Reach {
    /// For each axis and phase: (tap, distance).
    taps: [Vec<Vec<(usize, isize)>>; 3],
    /// The smallest and the largest distance along each axis.
    range: [(isize, isize); 3],
}

impl Reach {
    /// The reach of a convolution's kernel.
    pub fn new(s: &ConvShape<3>) -> Self {
        let (stride, dilation, padding) = (s.spec.stride, s.spec.dilation, s.spec.padding);
        let taps: [Vec<Vec<_>>; 3] = std::array::from_fn(|d| {
            let phase = |phase: usize| {
                let place = |tap: usize| (phase + padding[d]) as isize - (tap * dilation[d]) as isize;
                let hits = (0..s.kernel[d]).filter(move |&tap| place(tap).rem_euclid(stride[d] as isize) == 0);
                hits.map(move |tap| (tap, place(tap) / stride[d] as isize)).collect()
            };
            (0..stride[d].min(s.input[d])).map(phase).collect()
        });
        let range = taps.each_ref().map(|phases| {
            let distances = || phases.iter().flatten().map(|&(_, distance)| distance);
            (distances().min().unwrap_or(0), distances().max().unwrap_or(0))
        });
        Self { taps, range }
    }

    /// The strip of dy that `lines` lines of inputs of each phase see, from position `first` on.
    pub fn strip(&self, s: &ConvShape<3>, lines: usize, first: [usize; 3]) -> Strip {
        let inputs = [1, lines, s.input[2].div_ceil(s.spec.stride[2])];
        let count = std::array::from_fn(|d| inputs[d] + (self.range[d].1 - self.range[d].0) as usize);
        let start = std::array::from_fn(|d| first[d] as isize + self.range[d].0);
        Strip::new(s.k, s.output, [1; 3], [1; 3], count, start)
    }

    /// The factors' offsets for each phase.
    pub fn phases(&self, s: &ConvShape<3>, strip: &Strip) -> impl Iterator<Item = Phase> {
        let [z, y, x] = self.taps.each_ref().map(Vec::len);
        (0..z * y * x).map(move |phase| {
            let at = [phase / (y * x), phase / x % y, phase % x];
            let ([_, kr, ks], mut weight, mut grad) = (s.kernel, Vec::new(), Vec::new());
            for k in 0..s.k {
                for &(q, dz) in &self.taps[0][at[0]] {
                    for &(r, dy) in &self.taps[1][at[1]] {
                        for &(t, dx) in &self.taps[2][at[2]] {
                            let distance = [dz, dy, dx];
                            weight.push(k * s.taps() + (q * kr + r) * ks + t);
                            grad.push(
                                strip.offset(k, std::array::from_fn(|d| (distance[d] - self.range[d].0) as usize)),
                            );
                        }
                    }
                }
            }
            Phase { at, weight: weight.into_iter().collect(), grad: grad.into_iter().collect() }
        })
    }
}

/// The inputs of one phase as a dense convolution: which weights, and which gradients.
pub struct Phase {
    /// Its first input.
    pub at: [usize; 3],
    /// Offsets of the weights from the first of an input channel.
    pub weight: Offsets,
    /// Offsets of the gradients in the strip.
    pub grad: Offsets,
}
