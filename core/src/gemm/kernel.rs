//! The micro-kernel: the only loop of the product in which arithmetic happens.
//!
//! It holds a tile of C in registers, up to `mr` rows and `nr` columns, while it walks the depth. Each step reads
//! one column of A and one row of B, `mr + nr` elements, and does `mr · nr` multiply-adds: that ratio is why tiles pay.
//!
//! Both factors are read through tables of offsets, A(i, p) = a\[rows\[i\] + depth\[p\]\] and
//! B(p, j) = b\[depth\[p\] + j\]. For packed panels the tables count in even steps; for a convolution they say
//! where each tap finds its inputs, and nothing needs to be packed (chapter 2).
//!
//! There is one text for all machines, written in [`Vector`]s, and one compiled copy per
//! instruction set. AVX-512 and NEON have 32 registers: 8 × 3 vectors of C, 3 of B, one of A. AVX2
//! has 16: 6 × 2, 2 and 1.

use super::adjoint::{Planes, adjoint};
use super::deal::{Hand, deal};
use super::factor::{Left, Right};
use super::lines::{Lines, combine};
use super::stencil::{Plane, stencil};
use super::transpose::{Turn, transpose};
use super::vector::{Lanes, Vector, prefetch};
use crate::parallel::Tile;
use crate::real::Real;
use crate::simd::Isa;
#[cfg(target_arch = "aarch64")]
use std::arch::aarch64 as arm;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64 as x86;

/// A micro-kernel for one instruction set and element type.
#[derive(Clone, Copy)]
pub struct Kernel<T> {
    /// The instruction set it uses.
    isa: Isa,
    /// Rows of a full tile.
    mr: usize,
    /// Columns of a full tile.
    nr: usize,
    /// Columns in a vector: a tile of fewer columns than `nr` costs as many as it has vectors.
    lanes: usize,
    run: unsafe fn(Args<T>),
    peak: unsafe fn(usize, T, T) -> T,
    /// Adds up lines: [`super::lines`].
    pub(super) lines: unsafe fn(Lines<'_, T>),
    /// Slides a small kernel over a plane: [`super::stencil`].
    pub(super) stencil: unsafe fn(Plane<'_, T>),
    /// The adjoint of that: [`super::adjoint`].
    pub(super) adjoint: unsafe fn(Planes<'_, T>),
    /// Turns rows into columns: [`super::transpose`].
    pub(super) turn: unsafe fn(Turn<T>),
    /// Deals lines out: [`super::deal`].
    pub(super) deal: unsafe fn(Hand<'_, T>),
}

/// The arguments of a micro-kernel.
#[derive(Clone, Copy)]
struct Args<T> {
    depth: usize,
    a: *const T,
    a_rows: *const usize,
    a_depth: *const usize,
    b: *const T,
    b_depth: *const usize,
    alpha: T,
    beta: T,
    c: *mut T,
    stride: usize,
    rows: usize,
    cols: usize,
}

impl<T: Real> Kernel<T> {
    /// The one for the instructions that this machine has, or was told to use.
    pub fn current() -> Self {
        T::kernel(Isa::current())
    }

    /// The instruction set it uses.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Rows of a full tile.
    pub fn mr(&self) -> usize {
        self.mr
    }

    /// Columns of a full tile.
    pub fn nr(&self) -> usize {
        self.nr
    }

    /// Columns in a vector: a tile of fewer columns than `nr` costs as many as it has vectors.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// c ← α a b + β c for a tile of up to `mr` × `nr`: columns of `b` from `col` on. Where β is 0, c
    /// isn't read.
    ///
    /// Whole vectors of `b` are read: up to `lanes − 1` elements behind the last column must be there.
    ///
    /// # Panics
    /// If the factors are too short for their offsets or don't fit each other, or the tile is too large.
    #[inline]
    pub fn multiply(&self, alpha: T, a: &Left<'_, T>, b: &Right<'_, T>, col: usize, beta: T, c: &mut Tile<'_, T>) {
        let (rows, cols, depth) = (c.rows(), c.cols(), a.depth.values().len());
        if rows == 0 || cols == 0 {
            return;
        }
        assert!(
            rows <= self.mr && cols <= self.nr,
            "a tile of {rows} x {cols} for a kernel of {} x {}",
            self.mr,
            self.nr
        );
        assert!(a.rows.values().len() >= rows && b.depth.values().len() == depth, "factors of different sizes");
        if depth > 0 {
            assert!(
                a.rows.max().saturating_add(a.depth.max()) < a.data.len(),
                "the left factor is shorter than its offsets say"
            );
            assert!(self.reaches(b, col, cols), "the right factor is shorter than its offsets say");
        }
        let args = Args {
            depth,
            a: a.data.as_ptr(),
            a_rows: a.rows.values().as_ptr(),
            a_depth: a.depth.values().as_ptr(),
            b: b.data.as_ptr().wrapping_add(col),
            b_depth: b.depth.values().as_ptr(),
            alpha,
            beta,
            c: c.as_mut_ptr(),
            stride: c.stride(),
            rows,
            cols,
        };
        // SAFETY: the tables have `rows` and `depth` entries, all they point at is inside of the
        // factors, the tile is no larger than the kernel's, and a `Kernel` is only made for an
        // instruction set that the machine has.
        unsafe { (self.run)(args) }
    }

    /// Whether [`Kernel::multiply`] may read `cols` columns of `b` from `col` on.
    pub fn reaches(&self, b: &Right<'_, T>, col: usize, cols: usize) -> bool {
        b.depth.max().saturating_add(col).saturating_add(cols.next_multiple_of(self.lanes)) <= b.data.len()
    }

    /// Rows of a tile if `rows` are cut as evenly as possible: 25 into 7, 7, 7 and 4, not 8, 8, 8 and a
    /// single one, whose multiply-adds would wait for each other.
    pub fn height(&self, rows: usize) -> usize {
        rows.div_ceil(rows.div_ceil(self.mr).max(1)).max(1)
    }

    /// Columns of a tile if `cols` are cut as evenly as possible, between vectors.
    pub fn width(&self, cols: usize) -> usize {
        let vectors = cols.div_ceil(self.lanes).max(1);
        vectors.div_ceil(vectors.div_ceil(self.nr / self.lanes)) * self.lanes
    }

    /// Runs `steps` × [`CHAINS`] vector multiply-adds on registers alone: the machine's limit.
    pub(super) fn run_peak(&self, steps: usize) {
        // SAFETY: a `Kernel` is only made for a set that the machine has.
        std::hint::black_box(unsafe { (self.peak)(steps, T::of(0.999_999), T::of(1e-6)) });
    }
}

/// One tile of `ROWS` rows and `VECS` vectors of columns.
///
/// # Safety
/// As [`Kernel::multiply`] checks, with `rows` = ROWS and `cols` at most VECS vectors.
#[inline(always)]
unsafe fn tile<T: Real, V: Vector<T>, const ROWS: usize, const VECS: usize>(x: Args<T>) {
    // SAFETY: the tables point into the factors; C is written inside its columns only.
    unsafe {
        // ANCHOR: micro_kernel
        let mut acc = [[V::splat(T::ZERO); VECS]; ROWS];
        // C is far away, and will be wanted at the end.
        for i in 0..ROWS {
            for j in 0..VECS {
                prefetch(x.c.wrapping_add(i * x.stride + j * V::LANES));
            }
        }
        let mut a = [x.a; ROWS];
        for i in 0..ROWS {
            a[i] = x.a.wrapping_add(*x.a_rows.add(i)); // read only if there is a depth, and then inside
        }
        for p in 0..x.depth {
            let (step, b) = (*x.a_depth.add(p), x.b.add(*x.b_depth.add(p)));
            let mut row = [V::splat(T::ZERO); VECS];
            for j in 0..VECS {
                row[j] = V::load(b.add(j * V::LANES));
            }
            for i in 0..ROWS {
                let element = V::splat(*a[i].add(step));
                for j in 0..VECS {
                    acc[i][j] = element.mul_add(row[j], acc[i][j]);
                }
            }
        }
        // ANCHOR_END: micro_kernel

        let (alpha, beta) = (V::splat(x.alpha), V::splat(x.beta));
        let zero = V::splat(T::ZERO);
        for i in 0..ROWS {
            for j in 0..VECS {
                let c = x.c.add(i * x.stride + j * V::LANES);
                let columns = x.cols - j * V::LANES;
                if columns >= V::LANES {
                    let old = if x.beta == T::ZERO { zero } else { beta.mul_add(V::load(c), zero) };
                    alpha.mul_add(acc[i][j], old).store(c);
                } else {
                    // The last columns of a row, by way of a buffer as long as a vector.
                    let mut edge = [T::ZERO; 16];
                    if x.beta != T::ZERO {
                        std::ptr::copy_nonoverlapping(c, edge.as_mut_ptr(), columns);
                    }
                    let old = if x.beta == T::ZERO { zero } else { beta.mul_add(V::load(edge.as_ptr()), zero) };
                    alpha.mul_add(acc[i][j], old).store(edge.as_mut_ptr());
                    std::ptr::copy_nonoverlapping(edge.as_ptr(), c, columns);
                }
            }
        }
    }
}

/// Chooses the tile by its rows and vectors: an edge costs no more than it has.
///
/// # Safety
/// As [`Kernel::multiply`] checks.
#[inline(always)]
unsafe fn run<T: Real, V: Vector<T>, const MR: usize, const VECS: usize>(x: Args<T>) {
    macro_rules! choose {
        ($($rows:literal)*) => {
            match (x.rows, x.cols.div_ceil(V::LANES)) {
                // Arms beyond MR and VECS are never taken, nor compiled.
                $(($rows, 1) if $rows <= MR =>
                    // SAFETY: passed on.
                    unsafe { tile::<T, V, $rows, 1>(x) },
                ($rows, 2) if $rows <= MR =>
                    // SAFETY: passed on.
                    unsafe { tile::<T, V, $rows, 2>(x) },
                ($rows, 3) if $rows <= MR && VECS == 3 =>
                    // SAFETY: passed on.
                    unsafe { tile::<T, V, $rows, 3>(x) },)*
                _ => debug_assert!(false, "{} x {}", x.rows, x.cols),
            }
        };
    }
    choose!(1 2 3 4 5 6 7 8)
}

/// Independent chains of multiply-adds: two units, four or five cycles each, and some room.
pub(super) const CHAINS: usize = 12;

/// # Safety
/// The machine has the instruction set.
#[inline(always)]
unsafe fn peak<T: Real, V: Vector<T>>(steps: usize, factor: T, term: T) -> T {
    // SAFETY: passed on; `lanes` has room for any vector.
    unsafe {
        let (factor, term) = (V::splat(factor), V::splat(term));
        let mut chains = [term; CHAINS];
        for _ in 0..steps {
            for x in &mut chains {
                *x = x.mul_add(factor, term);
            }
        }
        let mut lanes = [T::ZERO; 16];
        let mut sum = T::ZERO;
        for x in chains {
            x.store(lanes.as_mut_ptr());
            sum += lanes[0];
        }
        sum
    }
}

/// A kernel for element `$t` in vectors `$vector`, compiled here with the features it needs. Rows become columns in
/// blocks of vectors `$square`: eight at most, as panels have no more rows.
macro_rules! kernel {
    ($isa:expr, $t:ty, $vector:ty, $mr:literal x $vecs:literal, $square:ty $(, $features:literal)?) => {{
        $(#[target_feature(enable = $features)])?
        unsafe fn run_here(x: Args<$t>) {
            // SAFETY: passed on.
            unsafe { run::<$t, $vector, $mr, $vecs>(x) }
        }
        $(#[target_feature(enable = $features)])?
        unsafe fn peak_here(steps: usize, factor: $t, term: $t) -> $t {
            // SAFETY: passed on.
            unsafe { peak::<$t, $vector>(steps, factor, term) }
        }
        $(#[target_feature(enable = $features)])?
        unsafe fn lines_here(x: Lines<'_, $t>) {
            // SAFETY: passed on.
            unsafe { combine::<$t, $vector>(x) }
        }
        $(#[target_feature(enable = $features)])?
        unsafe fn stencil_here(x: Plane<'_, $t>) {
            // SAFETY: passed on.
            unsafe { stencil::<$t, $vector, $square>(x) }
        }
        $(#[target_feature(enable = $features)])?
        unsafe fn adjoint_here(x: Planes<'_, $t>) {
            // SAFETY: passed on.
            unsafe { adjoint::<$t, $vector, $square>(x) }
        }
        $(#[target_feature(enable = $features)])?
        unsafe fn turn_here(x: Turn<$t>) {
            // SAFETY: passed on.
            unsafe { transpose::<$t, $square, { <$square as Vector<$t>>::LANES }>(x) }
        }
        $(#[target_feature(enable = $features)])?
        unsafe fn deal_here(x: Hand<'_, $t>) {
            // SAFETY: passed on.
            unsafe { deal::<$t, $vector, $square>(x) }
        }
        let lanes = <$vector as Vector<$t>>::LANES;
        let (run, peak, lines, stencil) = (run_here, peak_here, lines_here, stencil_here);
        let (adjoint, turn, deal) = (adjoint_here, turn_here, deal_here);
        Kernel { isa: $isa, mr: $mr, nr: $vecs * lanes, lanes, run, peak, lines, stencil, adjoint, turn, deal }
    }};
}

// ANCHOR: for_f32
/// The `f32` micro-kernel for an instruction set; the portable one where the machine lacks it.
pub fn for_f32(isa: Isa) -> Kernel<f32> {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 if isa.is_available() => kernel!(isa, f32, x86::__m512, 8 x 3, x86::__m256, "avx512f"),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 if isa.is_available() => kernel!(isa, f32, x86::__m256, 6 x 2, x86::__m256, "avx2,fma"),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon if isa.is_available() => kernel!(isa, f32, arm::float32x4_t, 8 x 3, arm::float32x4_t, "neon"),
        _ => kernel!(Isa::Portable, f32, Lanes<f32, 4>, 6 x 2, Lanes<f32, 4>),
    }
}
// ANCHOR_END: for_f32

/// The `f64` micro-kernel for an instruction set; the portable one where the machine lacks it.
pub fn for_f64(isa: Isa) -> Kernel<f64> {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 if isa.is_available() => kernel!(isa, f64, x86::__m512d, 8 x 3, x86::__m256d, "avx512f"),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 if isa.is_available() => kernel!(isa, f64, x86::__m256d, 6 x 2, x86::__m256d, "avx2,fma"),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon if isa.is_available() => kernel!(isa, f64, arm::float64x2_t, 8 x 3, arm::float64x2_t, "neon"),
        _ => kernel!(Isa::Portable, f64, Lanes<f64, 2>, 6 x 2, Lanes<f64, 2>),
    }
}
