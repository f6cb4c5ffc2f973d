#![allow(missing_docs)]
use unrolled::gemm::{multiply, Left, Right, Offsets, peak_of};
use unrolled::parallel::{self, Tile};
use std::time::Instant;
fn main() {
    parallel::set_threads(1).unwrap();
    let peak = peak_of::<f32>(60, 1);
    println!("peak {peak:.1}");
    for cols in [16usize, 32, 48, 64, 112, 480] {
    for rows in [1usize, 2, 3, 4, 6, 8, 16, 64, 256] {
        print!("cols {cols:4} rows {rows:4}:");
        for depth in [4usize, 9, 25, 64, 256, 576, 2304] {
            let a = vec![0.5f32; rows * depth];
            let b = vec![0.5f32; cols * depth + 64];
            let mut c = vec![0.0f32; rows * cols];
            // packed panels of 8 rows
            let ro: Offsets = (0..rows).map(|i| i / 8 * 8 * depth + i % 8.min(rows)).collect();
            let ro = if rows % 8 == 0 { ro } else { (0..rows).map(|i| i).collect() };
            let step = if rows % 8 == 0 { 8 } else { rows };
            let de = Offsets::even(depth, step);
            let db = Offsets::even(depth, cols);
            let l = Left { data: &a, rows: ro.span(), depth: de.span() };
            let r = Right { data: &b, depth: db.span() };
            let fl = 2.0 * (rows * cols * depth) as f64;
            let reps = ((2e7 / fl) as usize).max(1);
            let mut best = f64::INFINITY;
            for _ in 0..15 {
                let t = Instant::now();
                for _ in 0..reps { multiply(1.0, &l, &r, 0, 0.0, &mut Tile::new(&mut c, cols, rows)); }
                best = best.min(t.elapsed().as_secs_f64() / reps as f64);
            }
            print!(" {:5.1}%", 100.0 * fl / best / 1e9 / peak);
        }
        println!();
    }}
}
