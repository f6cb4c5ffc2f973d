#![allow(missing_docs)]
use unrolled::gemm::{Rows, kernel::Kernel, copy_run, MatRef, peak_of};
use unrolled::strip::{Strip, deal};
use unrolled::ConvSpec;
use unrolled::parallel;
use ch03_winograd::cook_toom;
use std::time::Instant;
fn best(mut f: impl FnMut()) -> f64 {
    let t = Instant::now(); f(); let one = t.elapsed().as_secs_f64().max(1e-8);
    let reps = ((3e-4 / one) as usize).max(1);
    let mut best = f64::INFINITY;
    for _ in 0..15 { let t = Instant::now(); for _ in 0..reps { f(); } best = best.min(t.elapsed().as_secs_f64() / reps as f64); }
    best
}
fn main() {
    parallel::set_threads(1).unwrap();
    let peak = peak_of::<f32>(60, 1) * 1e9;
    let unit = 32.0 / peak; // one vector fma
    let k = Kernel::<f32>::current();
    for (m, r) in [(2, 3), (4, 3), (6, 3)] {
        let ct = cook_toom(m, r).unwrap();
        let bt: Vec<Vec<f32>> = ct.bt.iter().map(|row| row.iter().map(|x| x.f64() as f32).collect()).collect();
        let terms = bt.iter().flatten().filter(|x| **x != 0.0).count();
        for len in [16usize, 32, 64, 128, 512] {
            let rows = Rows::new(&bt, |q| q * (len + 16));
            let from = vec![1f32; 20 * (len + 32)]; let mut to = vec![0f32; 20 * (len + 32)];
            let t = best(|| k.combine(&rows, &from, &mut to, len + 16, len));
            println!("combine Bt F{m} rows {} terms {terms} len {len}: {:.0} units, {:.2} per term-vector", bt.len(), t / unit, t / unit / (terms * len / 16) as f64);
        }
    }
    for len in [5usize, 7, 14, 16, 28, 56, 112, 224] {
        let from = vec![1f32; 70 * 260]; let mut to = vec![0f32; 64 * len + 64];
        let t = best(|| for i in 0..64 { copy_run(&from[i * 260..], &mut to[i * len..], len) });
        println!("copy_run len {len}: {:.1} units a line", t / unit / 64.0);
    }
    for (a, b) in [(64usize, 64usize), (256, 64), (9, 480), (64, 480), (256, 480)] {
        let from = vec![1f32; a * b]; let mut to = vec![0f32; a * b + 1024];
        let m = MatRef::new(&from, a, b).unwrap();
        let t = best(|| m.t().pack(0..b, 0..a, &mut to, a));
        println!("turn {a}x{b}: {:.3} units an element", t / unit / (a * b) as f64);
        let t = best(|| m.pack(0..a, 0..b, &mut to, b));
        println!("pack {a}x{b}: {:.3} units an element", t / unit / (a * b) as f64);
    }
    for (c, h, s, p, kk) in [(64usize, 56usize, 1usize, 1usize, 3usize), (64, 14, 1, 1, 3), (64, 7, 1, 1, 3), (3, 224, 2, 3, 7), (64, 56, 2, 1, 3), (64, 56, 1, 0, 1), (64, 224, 1, 1, 3)] {
        let spec = ConvSpec::<2> { stride: [s, s], padding: [p, p], ..ConvSpec::default() };
        let sh = spec.resolve(&[1, c, h, h], &[8, c, kk, kk]).unwrap().lift();
        let lines = (480usize.div_ceil(sh.output[2])).min(sh.output[1]);
        let st = Strip::of_input(&sh, c, [0; 3], [1, lines, sh.output[2]]);
        let x = vec![1f32; c * h * h]; let mut to = vec![0f32; st.elements() + 64];
        let t = best(|| st.fill(&x, &mut to));
        let nl = c * if s == 1 { lines + kk - 1 } else { 4 * (lines + kk / 2) };
        println!("strip {c}x{h} s{s} k{kk}: {} elements, {:.3} units an element, {:.1} a line ({nl})", st.elements(), t / unit / st.elements() as f64, t / unit / nl as f64);
    }
    for m in [2usize, 4, 6] { for len in [14usize, 56, 224] {
        let from = vec![1f32; m * (len + 16)]; let mut to = vec![0f32; len];
        let t = best(|| deal(m, &from, len + 16, &mut to));
        println!("deal m{m} to {len}: {:.1} units", t / unit);
    }}
}
