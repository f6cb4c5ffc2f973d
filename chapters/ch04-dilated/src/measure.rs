//! What dilation costs, counted and measured.

use ch02_im2col::Fused;
use ch03_winograd::Winograd;
use ch04_dilated::{Dilated, SubGrids};
use std::time::Duration;
use unrolled::text::thousands;
use unrolled::{ConvShape, ConvSpec, Convolution, Result, Tensor, gemm, parallel, say, timing};

/// 128 to 128 channels, 3 × 3 on 56 × 56, padded to the same size.
fn layer(dilation: usize) -> Result<ConvShape<2>> {
    let spec = ConvSpec::new([1; 2], [dilation; 2], [dilation; 2], 1)?;
    spec.resolve(&[1, 128, 56, 56], &[128, 128, 3, 3])
}

/// Prints what dilations do to the numbers of one layer.
pub fn count() -> Result<()> {
    let cost = layer(1)?.cost();
    say!("A layer of 128 to 128 channels, 3x3, on 56x56, padded to the same size, at any dilation:");
    say!("multiplications  {:>11}", thousands(cost.multiplies));
    say!("bytes, at least  {:>11}\n", thousands(4 * cost.elements));
    say!("What depends on the dilation, each as a part of what the layer takes or has:\n");
    say!("dilation  filled kernel  on padding  sub-grids  outputs computed  inputs copied");
    for dilation in [2, 4, 6, 12, 18, 24] {
        let shape = layer(dilation)?;
        let (input, output) = SubGrids::of(&shape)?;
        let ratio = |grids: SubGrids<2>| elements(&grids.parts_shape()) / elements(&grids.whole_shape());
        let filled = (2.0 * dilation as f64 + 1.0).powi(2) / 9.0;
        // Along one axis, the middle tap always falls on the image, and of the other two 56 - dilation times each.
        let inside = (3.0 * 56.0 - 2.0 * dilation as f64) / (3.0 * 56.0);
        say!(
            "{dilation:8}  {filled:12.1}x  {:9.0}%  {:9}  {:15.2}x  {:12.2}x",
            100.0 * (1.0 - inside * inside),
            output.parts_shape()[0],
            ratio(output),
            ratio(input)
        );
    }
    Ok(())
}

fn elements(shape: &[usize]) -> f64 {
    shape.iter().product::<usize>() as f64
}

/// Prints how long the three passes take on one thread.
pub fn measure() -> Result<()> {
    parallel::set_threads(1)?;
    let peak = gemm::peak::<f32>(1);
    say!("128 -> 128, 3x3 on 56x56, one thread, peak {peak:.0} GFLOP/s; milliseconds\n");
    say!("dilation                             forward  grad_input  grad_weight");
    for (dilation, name, algorithm) in [
        (1, "Fused", &Fused as &dyn Convolution<Tensor, 2>),
        (1, "Winograd::<4>", &Winograd::<4>),
        (2, "Fused, its own dilation", &Fused),
        (2, "Dilated(Fused)", &Dilated(Fused)),
        (2, "Dilated(Winograd::<4>)", &Dilated(Winograd::<4>)),
        (12, "Fused, its own dilation", &Fused),
        (12, "Dilated(Fused)", &Dilated(Fused)),
        (12, "Dilated(Winograd::<4>)", &Dilated(Winograd::<4>)),
    ] {
        row(&layer(dilation)?, name, algorithm)?;
    }
    say!("");
    for dilation in [2, 12] {
        let (input, output) = SubGrids::of(&layer(dilation)?)?;
        let (x, parts) = (Tensor::<f32>::zeros(&input.whole_shape())?, Tensor::<f32>::zeros(&output.parts_shape())?);
        let (gather, scatter) = (time(|| input.gather(&x))?, time(|| output.scatter(&parts))?);
        say!("{dilation:8}  gather {gather:.2} and scatter {scatter:.2}");
    }
    Ok(())
}

/// One line of the table.
fn row(shape: &ConvShape<2>, name: &str, algorithm: &dyn Convolution<Tensor, 2>) -> Result<()> {
    let spec = &shape.spec;
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| (i % 17) as f32 / 8.0 - 1.0);
    let (x, w, dy) = (numbers(&shape.input_shape())?, numbers(&shape.weight_shape())?, numbers(&shape.output_shape())?);
    let y = time(|| algorithm.forward(spec, &x, &w))?;
    let dx = time(|| algorithm.grad_input(spec, x.shape(), &w, &dy))?;
    let dw = time(|| algorithm.grad_weight(spec, &x, w.shape(), &dy))?;
    say!("{:8}  {name:25}  {y:7.2}  {dx:10.2}  {dw:11.2}", spec.dilation[0]);
    Ok(())
}

/// Milliseconds of one call.
fn time(call: impl FnMut() -> Result<Tensor>) -> Result<f64> {
    Ok(timing::median(Duration::from_millis(400), call)?.as_secs_f64() * 1e3)
}
