//! One vector of elements, for each instruction set: what micro-kernels are written in.

use crate::real::Real;

// ANCHOR: vector
/// A register full of elements of type `T`.
///
/// # Safety
/// Every function may only be called on a machine that has the instruction set; `load` and `store`
/// need [`Vector::LANES`] elements at their address (no alignment).
#[allow(clippy::missing_safety_doc)] // the trait's words cover each function
pub unsafe trait Vector<T: Real>: Copy {
    /// Elements in a vector.
    const LANES: usize;
    /// `x` in every lane.
    unsafe fn splat(x: T) -> Self;
    /// The elements at `from`.
    unsafe fn load(from: *const T) -> Self;
    /// Writes the elements to `to`.
    unsafe fn store(self, to: *mut T);
    /// self × b + c; with one rounding where the machine has it.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// The lanes of both in turn, self's first: the lower halves, and the upper ones.
    unsafe fn interleave(self, other: Self) -> (Self, Self);
    /// The other way round: the even lanes of both, self's first, and the odd ones.
    unsafe fn separate(self, other: Self) -> (Self, Self);
}
// ANCHOR_END: vector

/// Asks for the cache line at `at`, which may be any address, to be fetched.
#[inline(always)]
pub fn prefetch<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program can see, and faults nowhere.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at; // stable Rust has no prefetch for other machines
}

/// The portable vector: an array, whose loops the compiler turns into what the target has.
#[derive(Clone, Copy)]
pub struct Lanes<T, const N: usize>([T; N]);

// SAFETY: needs no instruction set; load and store touch N elements.
unsafe impl<T: Real, const N: usize> Vector<T> for Lanes<T, N> {
    const LANES: usize = N;
    #[inline(always)]
    unsafe fn splat(x: T) -> Self {
        Lanes([x; N])
    }
    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller has N elements there.
        Lanes(unsafe { from.cast::<[T; N]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller has N elements there.
        unsafe { to.cast::<[T; N]>().write_unaligned(self.0) }
    }
    // ANCHOR: portable
    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        // Not `f32::mul_add`, which is a call into the C library where the machine has no such instruction.
        let mut sum = c;
        for ((s, a), b) in sum.0.iter_mut().zip(self.0).zip(b.0) {
            *s += a * b;
        }
        sum
    }
    // ANCHOR_END: portable
    #[inline(always)]
    unsafe fn interleave(self, other: Self) -> (Self, Self) {
        let lane = |i: usize| if i.is_multiple_of(2) { self.0[i / 2] } else { other.0[i / 2] };
        (Lanes(std::array::from_fn(lane)), Lanes(std::array::from_fn(|i| lane(N + i))))
    }
    #[inline(always)]
    unsafe fn separate(self, other: Self) -> (Self, Self) {
        let lane = |i: usize| if i < N { self.0[i] } else { other.0[i - N] };
        (Lanes(std::array::from_fn(|i| lane(2 * i))), Lanes(std::array::from_fn(|i| lane(2 * i + 1))))
    }
}

/// Implements [`Vector`] with intrinsics: three by name, then a × b + c, the two halves of a and b interleaved, and
/// the way back.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! vector {
    ($vector:ident, $t:ident, $lanes:literal, $splat:ident, $load:ident, $store:ident, |$a:ident, $b:ident, $c:ident| $fma:expr, $halves:expr, $parts:expr) => {
        // SAFETY: the intrinsics touch LANES elements and ask for the instruction set only.
        unsafe impl Vector<$t> for $vector {
            const LANES: usize = $lanes;
            #[inline(always)]
            unsafe fn splat(x: $t) -> Self {
                // SAFETY: as the trait says.
                unsafe { $splat(x) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: as the trait says.
                unsafe { $load(from) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: as the trait says.
                unsafe { $store(to, self) }
            }
            #[inline(always)]
            unsafe fn mul_add(self, $b: Self, $c: Self) -> Self {
                let $a = self;
                // SAFETY: as the trait says.
                unsafe { $fma }
            }
            #[inline(always)]
            unsafe fn interleave(self, $b: Self) -> (Self, Self) {
                let $a = self;
                // SAFETY: as the trait says.
                unsafe { $halves }
            }
            #[inline(always)]
            unsafe fn separate(self, $b: Self) -> (Self, Self) {
                let $a = self;
                // SAFETY: as the trait says.
                unsafe { $parts }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    vector!(
        __m512,
        f32,
        16,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        |a, b, c| _mm512_fmadd_ps(a, b, c),
        {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
            (_mm512_permutex2var_ps(a, low, b), _mm512_permutex2var_ps(a, high, b))
        },
        {
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
            (_mm512_permutex2var_ps(a, even, b), _mm512_permutex2var_ps(a, odd, b))
        }
    );
    vector!(
        __m512d,
        f64,
        8,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        |a, b, c| _mm512_fmadd_pd(a, b, c),
        {
            let low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
            let high = _mm512_add_epi64(low, _mm512_set1_epi64(4));
            (_mm512_permutex2var_pd(a, low, b), _mm512_permutex2var_pd(a, high, b))
        },
        {
            let even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
            let odd = _mm512_add_epi64(even, _mm512_set1_epi64(1));
            (_mm512_permutex2var_pd(a, even, b), _mm512_permutex2var_pd(a, odd, b))
        }
    );
    // Unpacking and shuffling stay within halves of 128 bits; the second step puts these into order.
    vector!(
        __m256,
        f32,
        8,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        |a, b, c| _mm256_fmadd_ps(a, b, c),
        {
            let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            (_mm256_permute2f128_ps::<0x20>(low, high), _mm256_permute2f128_ps::<0x31>(low, high))
        },
        {
            let order = |x| _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_castps_pd(x)));
            (order(_mm256_shuffle_ps::<0b10_00_10_00>(a, b)), order(_mm256_shuffle_ps::<0b11_01_11_01>(a, b)))
        }
    );
    vector!(
        __m256d,
        f64,
        4,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        |a, b, c| _mm256_fmadd_pd(a, b, c),
        {
            let (low, high) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
            (_mm256_permute2f128_pd::<0x20>(low, high), _mm256_permute2f128_pd::<0x31>(low, high))
        },
        {
            let (even, odd) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
            (_mm256_permute4x64_pd::<0b11_01_10_00>(even), _mm256_permute4x64_pd::<0b11_01_10_00>(odd))
        }
    );
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::Vector;
    use std::arch::aarch64::*;

    vector!(
        float32x4_t,
        f32,
        4,
        vdupq_n_f32,
        vld1q_f32,
        vst1q_f32,
        |a, b, c| vfmaq_f32(c, a, b),
        (vzip1q_f32(a, b), vzip2q_f32(a, b)),
        (vuzp1q_f32(a, b), vuzp2q_f32(a, b))
    );
    vector!(
        float64x2_t,
        f64,
        2,
        vdupq_n_f64,
        vld1q_f64,
        vst1q_f64,
        |a, b, c| vfmaq_f64(c, a, b),
        (vzip1q_f64(a, b), vzip2q_f64(a, b)),
        (vuzp1q_f64(a, b), vuzp2q_f64(a, b))
    );
}
