//! Several lines dealt out into one, like cards.

use unrolled::Real;
use unrolled::gemm::interleave;

/// to\[x · m + b\] = from\[b · stride + x\], until `to` is full. Seven places behind the end of each line may be read.
pub fn deal<T: Real>(m: usize, from: &[T], stride: usize, to: &mut [T]) {
    let eight = |b: usize, x: usize| from[b * stride + x..].first_chunk().expect("eight elements from each place on");
    match m {
        2 => pieces(to, |x| interleave(eight(0, x), eight(1, x)).into()),
        4 => pieces(to, |x| {
            let (even, odd) = (interleave(eight(0, x), eight(2, x)), interleave(eight(1, x), eight(3, x)));
            let (first, last) = (interleave(&even.0, &odd.0), interleave(&even.1, &odd.1));
            [first.0, first.1, last.0, last.1]
        }),
        _ => {
            for b in 0..m {
                to.iter_mut().skip(b).step_by(m).zip(&from[b * stride..]).for_each(|(to, &x)| *to = x);
            }
        }
    }
}

/// Fills `to`: `piece(x)` has what comes of eight elements of each of M lines, from x on.
#[inline(always)]
fn pieces<T: Real, const M: usize>(to: &mut [T], piece: impl Fn(usize) -> [[T; 8]; M]) {
    let mut chunks = to.chunks_exact_mut(8 * M);
    let mut x = 0;
    for chunk in &mut chunks {
        for (j, eight) in piece(x).iter().enumerate() {
            *chunk[8 * j..].first_chunk_mut().expect("8 M elements") = *eight;
        }
        x += 8;
    }
    let rest = chunks.into_remainder();
    if !rest.is_empty() {
        rest.iter_mut().zip(piece(x).as_flattened()).for_each(|(to, &x)| *to = x);
    }
}
