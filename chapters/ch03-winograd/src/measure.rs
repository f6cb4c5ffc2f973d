//! What Winograd's algorithm costs in accuracy, and how fast it is: different on each machine.

use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch03_winograd::Winograd;
use std::time::Duration;
use unrolled::init::{self, Rng};
use unrolled::{ConvSpec, Convolution, Result, Tensor, gemm, parallel, say, timing};

/// An algorithm and its name.
type Named<'a> = (&'a str, usize, &'a dyn Convolution<Tensor, 2>);

/// im2col and every F(m × m, r × r), with r.
const ALGORITHMS: [Named<'static>; 7] = [
    ("im2col, 3x3", 3, &Fused),
    ("F(2x2, 3x3)", 3, &Winograd::<2>),
    ("F(4x4, 3x3)", 3, &Winograd::<4>),
    ("F(6x6, 3x3)", 3, &Winograd::<6>),
    ("im2col, 5x5", 5, &Fused),
    ("F(2x2, 5x5)", 5, &Winograd::<2>),
    ("F(4x4, 5x5)", 5, &Winograd::<4>),
];

/// Uniform numbers between `low` and `high`.
fn between(shape: &[usize], [low, high]: [f32; 2], rng: &mut Rng) -> Result<Tensor> {
    Ok(init::uniform::<f32>(shape, 1.0, rng)?.map(|x| low + (high - low) * (x + 1.0) / 2.0))
}

// ANCHOR: accuracy
/// The largest error of an output, as a share of the largest output.
fn error(algorithm: &dyn Convolution<Tensor, 2>, x: &Tensor, w: &Tensor) -> Result<f64> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let exact = Naive.forward(&spec, &x.cast::<f64>(), &w.cast())?;
    let largest = |t: Tensor<f64>| t.data().iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let error = algorithm.forward(&spec, x, w)?.cast().zip(&exact, |y, exact| y - exact)?;
    Ok(largest(error) / largest(exact))
}
// ANCHOR_END: accuracy

/// A table of errors in f32 against the definition in f64, by channels and the range of the inputs.
pub fn accuracy() -> Result<()> {
    const RANGES: [[f32; 2]; 3] = [[-1.0, 1.0], [0.0, 1.0], [99.0, 100.0]];
    const CHANNELS: [usize; 3] = [4, 32, 256];
    say!("The largest error in f32, as a share of the largest output. Weights from -1 to 1.\n");
    say!("inputs        -1 to 1                    0 to 1                     99 to 100");
    say!("channels     {}", RANGES.map(|_| CHANNELS.map(|c| format!("{c:>9}")).concat()).concat());
    for (name, r, algorithm) in ALGORITHMS {
        let mut line = format!("{name}  ");
        for range in RANGES {
            for channels in CHANNELS {
                let mut rng = init::rng(3);
                let x = between(&[1, channels, 26, 26], range, &mut rng)?;
                let w = between(&[2, channels, r, r], [-1.0, 1.0], &mut rng)?;
                line += &format!("{:9.1e}", error(algorithm, &x, &w)?);
            }
        }
        say!("{line}");
    }
    let mut rng = init::rng(4);
    let whole = |shape: &[usize], rng: &mut Rng| Ok(between(shape, [-3.0, 3.0], rng)?.map(f32::round));
    let (x, w) = (whole(&[1, 32, 26, 26], &mut rng)?, whole(&[2, 32, 3, 3], &mut rng)?);
    say!(
        "\nOn whole numbers from -3 to 3, 32 channels: F(2x2, 3x3) {:.1e}, as it only adds, subtracts and halves;",
        error(&Winograd::<2>, &x, &w)?
    );
    say!("F(4x4, 3x3) {:.1e}, as it divides by 3.", error(&Winograd::<4>, &x, &w)?);
    Ok(())
}

/// Three of VGG's layers, forward: (name, channels in and out, size).
const LAYERS: [(&str, usize, usize); 3] =
    [("64 on 224x224", 64, 224), ("256 on 56x56", 256, 56), ("512 on 14x14", 512, 14)];

/// How fast they are, counted in the operations of the definition, beside im2col.
pub fn speed(most: usize) -> Result<()> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    say!("3x3 layers of VGG, forward, f32. GFLOP/s count the operations of the definition, so they");
    say!("may pass the peak of the machine.");
    for threads in if most == 1 { vec![1] } else { vec![1, most] } {
        parallel::set_threads(threads)?;
        say!("\n{threads} thread(s), peak {:.0} GFLOP/s        ms  GFLOP/s  of im2col", gemm::peak::<f32>(threads));
        for (layer, channels, size) in LAYERS {
            let mut rng = init::rng(5);
            let x = between(&[1, channels, size, size], [-1.0, 1.0], &mut rng)?;
            let w = between(&[channels, channels, 3, 3], [-0.1, 0.1], &mut rng)?;
            let flops = spec.resolve(x.shape(), w.shape())?.flops();
            let time = |call: &dyn Fn() -> Result<Tensor>| timing::median(Duration::from_millis(100), call);
            let mut im2col = 0.0;
            let mut row = |name: &str, time: Duration| {
                let speed = flops / time.as_secs_f64() / 1e9;
                im2col = if im2col == 0.0 { speed } else { im2col };
                let ms = time.as_secs_f64() * 1e3;
                say!("{layer:14} {name:14} {ms:8.2} {speed:8.1} {:9.2}x", speed / im2col);
            };
            for (name, _, algorithm) in ALGORITHMS.into_iter().filter(|(_, r, _)| *r == 3) {
                row(name.trim_end_matches(", 3x3"), time(&|| algorithm.forward(&spec, &x, &w))?);
            }
            let kept = Winograd::<4>.keep(&spec, &w)?;
            row("F(4x4), kept", time(&|| kept.forward(&x))?);
        }
    }
    Ok(())
}
