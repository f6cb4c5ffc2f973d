//! The way to the matrix product of `unrolled::gemm`, in four steps: each the whole product, each for one reason faster
//! than the one before. C = A B, row-major, of sizes `[m, n, k]`: C is m × n, and k products are summed for each element.

use unrolled::simd::vectorize;

// ANCHOR: dot_products
/// Step 1, the definition: an element of C is a row of A times a column of B.
pub fn dot_products(a: &[f32], b: &[f32], c: &mut [f32], [m, n, k]: [usize; 3]) {
    for i in 0..m {
        for j in 0..n {
            let mut sum = 0.0;
            for p in 0..k {
                sum += a[i * k + p] * b[p * n + j];
            }
            c[i * n + j] = sum;
        }
    }
}
// ANCHOR_END: dot_products

// ANCHOR: rows
/// Step 2, the loops over j and p exchanged: a row of C collects rows of B, each times one element of A.
pub fn rows(a: &[f32], b: &[f32], c: &mut [f32], [_, n, k]: [usize; 3]) {
    c.fill(0.0);
    vectorize(
        #[inline(always)]
        || {
            for (c, a) in c.chunks_exact_mut(n).zip(a.chunks_exact(k)) {
                for (a, b) in a.iter().zip(b.chunks_exact(n)) {
                    c.iter_mut().zip(b).for_each(|(c, b)| *c += a * b);
                }
            }
        },
    );
}
// ANCHOR_END: rows

/// Rows of a tile of C.
const ROWS: usize = 8;
/// Columns of a tile of C: two vectors of 16, or four of 8.
const COLS: usize = 32;

// ANCHOR: tile
/// A tile of C, `R` × `L`, whose sums stay in registers while the depth goes by. Row i of A begins `a_row` elements behind
/// the one before, row p of B `b_row` elements.
#[inline(always)]
fn tile<const R: usize, const L: usize>(a: &[f32], a_row: usize, b: &[f32], b_row: usize, k: usize) -> [[f32; L]; R] {
    let a: [&[f32]; R] = std::array::from_fn(|i| &a[i * a_row..][..k]);
    let mut sums = [[0.0_f32; L]; R];
    for p in 0..k {
        let b: [f32; L] = *b[p * b_row..].first_chunk().expect("L columns");
        for i in 0..R {
            for j in 0..L {
                sums[i][j] = a[i][p].mul_add(b[j], sums[i][j]);
            }
        }
    }
    sums
}
// ANCHOR_END: tile

// ANCHOR: tiles
/// Step 3, C in tiles. Whole tiles only: m is a multiple of 8 here, and n one of 32.
pub fn tiles(a: &[f32], b: &[f32], c: &mut [f32], [m, n, k]: [usize; 3]) {
    vectorize(
        #[inline(always)]
        || {
            for j in (0..n).step_by(COLS) {
                for i in (0..m).step_by(ROWS) {
                    let sums = tile::<ROWS, COLS>(&a[i * k..], k, &b[j..], n, k);
                    for (c, sums) in c[i * n..].chunks_mut(n).zip(sums) {
                        c[j..j + COLS].copy_from_slice(&sums);
                    }
                }
            }
        },
    );
}
// ANCHOR_END: tiles

// ANCHOR: panels
/// Step 4, B in panels: 32 columns of it are copied together, once, before all rows of A use them.
pub fn panels(a: &[f32], b: &[f32], c: &mut [f32], [m, n, k]: [usize; 3]) {
    let mut panel = vec![0.0; k * COLS];
    vectorize(
        #[inline(always)]
        || {
            for j in (0..n).step_by(COLS) {
                for (panel, b) in panel.chunks_exact_mut(COLS).zip(b.chunks_exact(n)) {
                    panel.copy_from_slice(&b[j..j + COLS]);
                }
                for i in (0..m).step_by(ROWS) {
                    let sums = tile::<ROWS, COLS>(&a[i * k..], k, &panel, COLS, k);
                    for (c, sums) in c[i * n..].chunks_mut(n).zip(sums) {
                        c[j..j + COLS].copy_from_slice(&sums);
                    }
                }
            }
        },
    );
}
// ANCHOR_END: panels
