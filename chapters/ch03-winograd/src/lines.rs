//! Several lines dealt out into one, like cards.

use unrolled::Real;
use unrolled::simd::vectorize;

/// to\[x · m + b\] = from\[b · stride + x\], until `to` is full.
pub fn deal<T: Real>(m: usize, from: &[T], stride: usize, to: &mut [T]) {
    vectorize(
        #[inline(always)]
        || match m {
            2 => deal_known::<T, 2>(from, stride, to),
            4 => deal_known::<T, 4>(from, stride, to),
            6 => deal_known::<T, 6>(from, stride, to),
            9 => deal_known::<T, 9>(from, stride, to),
            _ => {
                for b in 0..m {
                    to.iter_mut().skip(b).step_by(m).zip(&from[b * stride..]).for_each(|(to, &x)| *to = x);
                }
            }
        },
    );
}

/// With a known number of lines, the compiler finds the shuffles.
#[inline(always)]
fn deal_known<T: Real, const M: usize>(from: &[T], stride: usize, to: &mut [T]) {
    let (whole, rest) = to.as_chunks_mut::<M>();
    let lines: [&[T]; M] = std::array::from_fn(|b| &from[b * stride..][..whole.len()]);
    for (x, to) in whole.iter_mut().enumerate() {
        for b in 0..M {
            to[b] = lines[b][x];
        }
    }
    let last = whole.len();
    rest.iter_mut().enumerate().for_each(|(b, to)| *to = from[b * stride + last]);
}
