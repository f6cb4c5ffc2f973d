//! What the forms cost in time.

use crate::suited::Suited;
use ch10_separable::{cost, depthwise, flattened, spatial};
use std::time::Duration;
use unrolled::simd::Isa;
use unrolled::text::thousands;
use unrolled::{ConvSpec, Convolution, Result, Tensor, parallel, say, timing};

const INPUT: [usize; 4] = [1, 64, 56, 56];

/// A form's steps and weights, from 64 to 64 channels with a kernel of 3 × 3.
type Form = (&'static str, Vec<ConvSpec<2>>, &'static [&'static [usize]]);

fn forms() -> Result<[Form; 4]> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    Ok([
        ("dense", vec![spec], &[&[64, 64, 3, 3]]),
        ("spatially separable", spatial::steps(&spec)?.to_vec(), &[&[64, 64, 3, 1], &[64, 64, 1, 3]]),
        ("depthwise separable", depthwise::steps(&spec, 64)?.to_vec(), &[&[64, 1, 3, 3], &[64, 64, 1, 1]]),
        ("flattened", flattened::steps(&spec, 64)?.to_vec(), &[&[64, 64, 1, 1], &[64, 1, 3, 1], &[64, 1, 1, 3]]),
    ])
}

/// Prints a line for each form: what it should take, and what it takes.
pub fn measure() -> Result<()> {
    parallel::set_threads(1)?;
    say!("64 -> 64 channels, 3x3, on 56x56, forward, one thread, {}.", Isa::current().name());
    say!("Promised: the time of the dense layer by the multiplications.\n");
    say!("                       weights  multiplications  FLOP/byte  promised ms      ms");
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| (i % 17) as f32 / 8.0 - 1.0);
    let (x, mut dense) = (numbers(&INPUT)?, None);
    for (name, steps, shapes) in forms()? {
        let weights = shapes.iter().map(|shape| numbers(shape)).collect::<Result<Vec<_>>>()?;
        let run = || {
            let mut y = x.clone();
            for (step, weight) in steps.iter().zip(&weights) {
                y = Suited.forward(step, &y, weight)?;
            }
            Ok(y)
        };
        let ms = timing::median(Duration::from_millis(200), run)?.as_secs_f64() * 1e3;
        let cost = cost(&steps, &INPUT, shapes)?;
        let (whole, all) = *dense.get_or_insert((ms, cost.multiplies));
        let promised = whole * cost.multiplies as f64 / all as f64;
        let [weights, multiplies] = [cost.parameters, cost.multiplies].map(thousands);
        let intensity = cost.intensity(4);
        say!("{name:20} {weights:>9}  {multiplies:>15}  {intensity:9.1}  {promised:11.2}  {ms:6.2}");
    }
    Ok(())
}
