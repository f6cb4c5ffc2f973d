//! What the definition costs, counted and measured.

use ch01_naive::Naive;
use std::time::Duration;
use unrolled::text::thousands;
use unrolled::{ConvShape, ConvSpec, Convolution, Result, Tensor, gemm, parallel, say, timing};

/// The layer that is counted and measured.
fn layer() -> Result<ConvShape<2>> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    spec.resolve(&[1, 64, 56, 56], &[64, 64, 3, 3])
}

/// Prints what the layer takes by its shape.
pub fn count() -> Result<()> {
    let shape = layer()?;
    let cost = shape.cost();
    say!("A layer of 64 to 64 channels, 3x3, on 56x56, padded by 1, in f32:");
    say!("weights            {:>11}", thousands(cost.parameters));
    say!("multiplications    {:>11}", thousands(cost.multiplies));
    say!("operations         {:>11}", thousands(2 * cost.multiplies));
    say!("bytes, at least    {:>11}", thousands(4 * cost.elements));
    say!("operations a byte  {:>11.0}\n", cost.intensity(4));
    Ok(())
}

/// Prints how long the three passes take on one thread.
pub fn measure() -> Result<()> {
    let shape = layer()?;
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| (i % 17) as f32 / 8.0 - 1.0);
    let (x, w, dy) = (numbers(&shape.input_shape())?, numbers(&shape.weight_shape())?, numbers(&shape.output_shape())?);
    parallel::set_threads(1)?;
    let peak = gemm::peak::<f32>(1);
    say!("64 -> 64, 3x3 on 56x56, one thread, peak {peak:.0} GFLOP/s\n");
    say!("                  ms  GFLOP/s  of peak");
    let row = |pass: &str, call: &mut dyn FnMut() -> Result<Tensor>| {
        let seconds = timing::median(Duration::from_secs(1), call)?.as_secs_f64();
        let speed = shape.flops() / seconds / 1e9;
        say!("{pass:11} {:8.0} {speed:8.2} {:7.1}%", seconds * 1e3, 100.0 * speed / peak);
        Ok::<(), unrolled::Error>(())
    };
    row("forward", &mut || Naive.forward(&shape.spec, &x, &w))?;
    row("grad_input", &mut || Naive.grad_input(&shape.spec, x.shape(), &w, &dy))?;
    row("grad_weight", &mut || Naive.grad_weight(&shape.spec, &x, w.shape(), &dy))
}
