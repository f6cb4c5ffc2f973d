//! Exercise 2.3.

// ANCHOR: edges
pub fn edges(a: &[f32], b: &[f32], c: &mut [f32], [m, n, k]: [usize; 3]) {
    for i in (0..m).step_by(4) {
        for j in (0..n).step_by(8) {
            let (rows, cols) = ((m - i).min(4), (n - j).min(8));
            let mut sums = [[0.0_f32; 8]; 4];
            for p in 0..k {
                // A row of B with zeros behind its end, as if B went on: their sums are never looked at.
                let mut row = [0.0; 8];
                row[..cols].copy_from_slice(&b[p * n + j..][..cols]);
                for (sums, a) in sums[..rows].iter_mut().zip(a[i * k + p..].iter().step_by(k)) {
                    sums.iter_mut().zip(row).for_each(|(sum, b)| *sum += a * b);
                }
            }
            for (c, sums) in c[i * n..].chunks_mut(n).zip(&sums[..rows]) {
                c[j..j + cols].copy_from_slice(&sums[..cols]);
            }
        }
    }
}
// ANCHOR_END: edges
