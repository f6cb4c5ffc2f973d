//! Several lines dealt out into one, like cards.

use unrolled::Real;

/// to\[x · m + b\] = from\[b · stride + x\], until `to` is full. Eight places behind the end of each line may be read.
pub fn interleave<T: Real>(m: usize, from: &[T], stride: usize, to: &mut [T]) {
    match m {
        1 => to.copy_from_slice(&from[..to.len()]),
        2 => deal::<T, 16>(to, |i| two(eight(from, i), eight(from, stride + i))),
        4 => deal::<T, 32>(to, |i| {
            let odd = two(eight(from, stride + i), eight(from, 3 * stride + i));
            let even = two(eight(from, i), eight(from, 2 * stride + i));
            let (even, odd): ([[T; 8]; 2], [[T; 8]; 2]) = (halves(&even), halves(&odd));
            join(&[two(&even[0], &odd[0]), two(&even[1], &odd[1])])
        }),
        _ => {
            for b in 0..m {
                to.iter_mut().skip(b).step_by(m).zip(&from[b * stride..]).for_each(|(to, &x)| *to = x);
            }
        }
    }
}

/// Fills `to` with pieces: `piece(i)` has what comes of eight elements of each line, from i on.
#[inline(always)]
fn deal<T: Real, const WIDE: usize>(to: &mut [T], piece: impl Fn(usize) -> [T; WIDE]) {
    for (i, to) in to.chunks_mut(WIDE).enumerate() {
        let piece = piece(8 * i);
        match to.first_chunk_mut() {
            Some(to) => *to = piece,
            None => to.copy_from_slice(&piece[..to.len()]),
        }
    }
}

#[inline(always)]
fn eight<T>(from: &[T], i: usize) -> &[T; 8] {
    from[i..].first_chunk().expect("eight elements can be read from each place of a line")
}

/// Two lines' elements in turn.
#[inline(always)]
fn two<T: Real>(a: &[T; 8], b: &[T; 8]) -> [T; 16] {
    [a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3], a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7]]
}

#[inline(always)]
fn halves<T: Real>(x: &[T; 16]) -> [[T; 8]; 2] {
    [*x.first_chunk().expect("sixteen"), *x.last_chunk().expect("sixteen")]
}

#[inline(always)]
fn join<T: Real>(x: &[[T; 16]; 2]) -> [T; 32] {
    *x.as_flattened().first_chunk().expect("thirty-two")
}
