//! What it costs to double a map, counted and measured.

use ch01_naive::flip;
use ch02_im2col::{Fused, Im2col};
use ch05_transposed::{Transposed, upsample};
use std::time::Duration;
use unrolled::text::thousands;
use unrolled::{ConvShape, ConvSpec, Convolution, Result, Tensor, Var, gemm, parallel, say, timing};

/// Channels in and out, and the sides of the maps.
const CHANNELS: usize = 64;
const SMALL: usize = 28;
const LARGE: usize = 2 * SMALL;

/// The layer that doubles by a kernel of 2, 3 or 4: padding and output_padding as they have to be, and the dense
/// convolution behind it.
fn doubling(kernel: usize) -> Result<(Transposed<Fused, 2>, ConvShape<2>)> {
    let padding = (kernel - 1) / 2;
    let spec = ConvSpec { stride: [2, 2], padding: [padding; 2], ..ConvSpec::default() };
    let layer = Transposed { algorithm: Fused, output_padding: [kernel % 2; 2] };
    let shape = layer.dense(&spec, &[1, CHANNELS, SMALL, SMALL], &[CHANNELS, CHANNELS, kernel, kernel])?;
    debug_assert_eq!(shape.input, [LARGE; 2]);
    Ok((layer, shape))
}

/// A convolution of 3 × 3 over the large map.
fn resized() -> Result<ConvShape<2>> {
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    spec.resolve(&[1, CHANNELS, LARGE, LARGE], &[CHANNELS, CHANNELS, 3, 3])
}

/// Prints how many multiplications there are.
pub fn count() -> Result<()> {
    say!("Doubling {CHANNELS} channels from {SMALL}x{SMALL} to {LARGE}x{LARGE}, multiplications:\n");
    say!("way                          as stamps  over holes");
    for kernel in [2, 3, 4] {
        let products = doubling(kernel)?.1.cost().multiplies;
        let name = format!("transposed, kernel {kernel}");
        say!("{name:26} {:>11} {:>11}", thousands(products), thousands(4 * products));
    }
    say!("{:26} {:>11}", "upsampled, then kernel 3", thousands(resized()?.cost().multiplies));
    Ok(())
}

/// Prints how long they take on one thread.
pub fn measure() -> Result<()> {
    parallel::set_threads(1)?;
    let peak = gemm::peak::<f32>(1);
    say!("{CHANNELS} channels, {SMALL}x{SMALL} to {LARGE}x{LARGE}, one thread, peak {peak:.0} GFLOP/s\n");
    say!("                                             ms  GFLOP/s");
    let row = |name: &str, shape: &ConvShape<2>, call: &mut dyn FnMut() -> Result<Tensor>| {
        let seconds = timing::median(Duration::from_millis(400), call)?.as_secs_f64();
        say!("{name:40} {:6.2} {:8.1}", seconds * 1e3, shape.flops() / seconds / 1e9);
        Ok::<(), unrolled::Error>(())
    };
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| (i % 17) as f32 / 8.0 - 1.0);
    for kernel in [2, 3, 4] {
        let (layer, shape) = doubling(kernel)?;
        let (x, w) = (numbers(&shape.output_shape())?, numbers(&shape.weight_shape())?);
        let name = format!("Transposed(Fused), kernel {kernel}, forward");
        row(&name, &shape, &mut || layer.forward(&shape.spec, &x, &w))?;
    }
    let (layer, shape) = doubling(4)?;
    let (x, w, dy) = (numbers(&shape.output_shape())?, numbers(&shape.weight_shape())?, numbers(&shape.input_shape())?);
    row("Transposed(Fused), kernel 4, grad_input", &shape, &mut || layer.grad_input(&shape.spec, x.shape(), &w, &dy))?;
    row("Transposed(Fused), kernel 4, grad_weight", &shape, &mut || {
        layer.grad_weight(&shape.spec, &x, w.shape(), &dy)
    })?;
    let columns = Transposed::new(Im2col);
    row("Transposed(Im2col), kernel 4, forward", &shape, &mut || columns.forward(&shape.spec, &x, &w))?;

    // Over holes: the row and column of holes behind each input are there before the clock starts.
    let (holes, dense) = (numbers(&[1, CHANNELS, 2 * SMALL + 3, 2 * SMALL + 3])?, ConvSpec::<2>::default());
    let flipped = flip(&w, 2);
    row("Fused over holes, kernel 4, forward", &shape, &mut || Fused.forward(&dense, &holes, &flipped))?;

    let (dense, small) = (resized()?, Var::constant(x));
    let w = numbers(&dense.weight_shape())?;
    row("upsample, then Fused, kernel 3, forward", &dense, &mut || {
        Fused.forward(&dense.spec, &upsample(&Fused, [2, 2], &small)?.value(), &w)
    })?;
    let alone = timing::median(Duration::from_millis(400), || upsample(&Fused, [2, 2], &small))?;
    say!("{:40} {:6.2}", "  of that, upsample", alone.as_secs_f64() * 1e3);
    Ok(())
}
