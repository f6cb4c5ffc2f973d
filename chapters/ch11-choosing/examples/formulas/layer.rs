//! One layer in its variants, and by its algorithms.

use crate::formulas::{field, output, transposed};
use ch02_im2col::Im2col;
use ch03_winograd::cook_toom;
use ch04_dilated::{Layer, receptive_field};
use ch05_transposed::Transposed;
use ch06_conv3d::{cost_2plus1d, middle_channels};
use ch10_separable::{depthwise, flattened, spatial};
use unrolled::text::thousands;
use unrolled::{ConvSpec, Cost, Error, Result, say};

/// Channels, and the side of the map.
const C: usize = 64;
const SIDE: usize = 56;

/// What the formula says and what the code counts must be one number.
fn agree<T: PartialEq + std::fmt::Debug>(what: &str, formula: T, code: T) -> Result<T> {
    if formula == code { Ok(formula) } else { Err(Error::failed(what, format!("{formula:?} is not {code:?}"))) }
}

/// Parameters: K · C/G · the taps of a sub-kernel.
fn parameters(k: usize, c: usize, g: usize, taps: usize) -> usize {
    k * (c / g) * taps
}

/// Multiplications of F(m, r) along both axes, for one image: ⌈Y/m⌉ ⌈X/m⌉ n² K C with n = m + r − 1.
fn winograd(m: usize, r: usize, [y, x]: [usize; 2], k: usize, c: usize) -> usize {
    y.div_ceil(m) * x.div_ceil(m) * (m + r - 1).pow(2) * k * c
}

fn line(name: &str, cost: Cost, output: &[usize], field: &str) {
    let output: Vec<_> = output[2..].iter().map(usize::to_string).collect();
    let (weights, multiplies) = (thousands(cost.parameters), thousands(cost.multiplies));
    let (output, intensity) = (output.join("x"), cost.intensity(4));
    say!("{name:28} {weights:>10} {multiplies:>16}  {output:8} {field:>6} {intensity:>10.1}");
}

/// A convolution of R taps along both axes.
fn dense(name: &str, r: usize, sigma: usize, delta: usize, g: usize) -> Result<()> {
    let pi = delta * (r - 1) / 2;
    let spec = ConvSpec::new([sigma; 2], [pi; 2], [delta; 2], g)?;
    let shape = spec.resolve(&[1, C, SIDE, SIDE], &[C, C / g, r, r])?;
    let y = agree("output", output(SIDE, r, sigma, pi, delta), shape.output[0])?;
    let weights = agree("parameters", parameters(C, C, g, r * r) as u128, shape.cost().parameters)?;
    agree("multiplications", weights * (y * y) as u128, shape.cost().multiplies)?;
    let layers = [Layer { kernel: r, stride: sigma, dilation: delta }];
    let field = agree("field", field(&[[r, sigma, delta]]), receptive_field(&layers)?.size)?;
    line(name, shape.cost(), &shape.output_shape(), &format!("{field}x{field}"));
    Ok(())
}

/// Convolutions one after the other.
fn pipeline(name: &str, steps: &[ConvSpec<2>], weights: &[&[usize]], formula: [usize; 2]) -> Result<()> {
    let (mut cost, mut input) = (Cost::default(), vec![1, C, SIDE, SIDE]);
    for (step, weight) in steps.iter().zip(weights) {
        let shape = step.resolve(&input, weight)?;
        input = shape.output_shape();
        cost = cost + shape.cost();
    }
    agree(name, formula.map(|n| n as u128), [cost.parameters, cost.multiplies])?;
    line(name, cost, &input, "3x3");
    Ok(())
}

pub fn variants() -> Result<()> {
    say!("{C} to {C} channels, 3x3 where nothing else is said, on {SIDE}x{SIDE}, padded to the same size;");
    say!("one image, f32\n");
    say!("layer                           weights  multiplications  output     sees  FLOP/byte");
    dense("dense", 3, 1, 1, 1)?;
    dense("dense, 5x5", 5, 1, 1, 1)?;
    dense("stride 2", 3, 2, 1, 1)?;
    dense("dilation 2", 3, 1, 2, 1)?;

    let spec = ConvSpec::new([2, 2], [1, 1], [1, 1], 1)?;
    let large = Transposed::new(()).dense(&spec, &[1, C, SIDE, SIDE], &[C, C, 4, 4])?;
    agree("output", transposed(SIDE, 4, 2, 1, 1, 0), large.input[0])?;
    agree("multiplications", (C * C * 16 * SIDE * SIDE) as u128, large.cost().multiplies)?;
    line("transposed, 4x4, stride 2", large.cost(), &large.input_shape(), "2x2");

    dense("in 8 groups", 3, 1, 1, 8)?;
    dense("depthwise", 3, 1, 1, C)?;
    dense("pointwise, 1x1", 1, 1, 1, 1)?;

    let same = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let places = SIDE * SIDE;
    let weights = 9 * C + C * C;
    let shapes: [&[usize]; 2] = [&[C, 1, 3, 3], &[C, C, 1, 1]];
    pipeline("depthwise separable", &depthwise::steps(&same, C)?, &shapes, [weights, weights * places])?;
    let m = C / 2;
    let weights = 3 * m * (C + C);
    let shapes: [&[usize]; 2] = [&[m, C, 3, 1], &[C, m, 1, 3]];
    pipeline("spatially separable, M = 32", &spatial::steps(&same)?, &shapes, [weights, weights * places])?;
    let weights = C * (C + 3 + 3);
    let shapes: [&[usize]; 3] = [&[C, C, 1, 1], &[C, 1, 3, 1], &[C, 1, 1, 3]];
    pipeline("flattened", &flattened::steps(&same, C)?, &shapes, [weights, weights * places])?;

    let frames = 16;
    let spec = ConvSpec { padding: [1, 1, 1], ..ConvSpec::<3>::default() };
    let volume = spec.resolve(&[1, C, frames, SIDE, SIDE], &[C, C, 3, 3, 3])?;
    agree("parameters", parameters(C, C, 1, 27) as u128, volume.cost().parameters)?;
    line("3D, 3x3x3, on 16 frames", volume.cost(), &volume.output_shape(), "3x3x3");
    let m = agree("M", 27 * C * C / (9 * C + 3 * C), middle_channels(&volume))?;
    let factorised = cost_2plus1d(&volume, m)?;
    agree("parameters", (9 * C * m + 3 * m * C) as u128, factorised.parameters)?;
    line("(2+1)D, M = 144, of the same", factorised, &volume.output_shape(), "3x3x3");
    Ok(())
}

pub fn algorithms() -> Result<()> {
    let same = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let shape = same.resolve(&[1, C, SIDE, SIDE], &[C, C, 3, 3])?;
    let (rows, cols) = (C * 9, SIDE * SIDE);
    let bytes = agree("column matrix", 4 * rows * cols, Im2col::workspace::<f32, 2>(&shape))?;
    say!("The dense layer of above as a matrix product:\n");
    say!("W              {C} x {rows}");
    say!("P              {rows} x {cols}, {} bytes in f32, the input's {} nine times", thousands(bytes as u128), {
        thousands((4 * C * cols) as u128)
    });
    say!("y = W P        {C} x {cols}, {} multiplications\n", thousands(shape.cost().multiplies));

    let (mr, nr, depth) = (8, 48, unrolled::gemm::DEPTH);
    say!(
        "A tile of {mr} x {nr} in registers loads {} numbers for {} multiply-adds: {:.1} for each.",
        mr + nr,
        mr * nr,
        { (mr * nr) as f64 / (mr + nr) as f64 }
    );
    say!("A panel of {depth} x {nr} takes {} bytes.\n", thousands((4 * depth * nr) as u128));

    say!("By Winograd's tiles:\n");
    say!("               n   tiles  multiplications  of the definition's  filters, bytes");
    for m in [2, 4, 6] {
        let n = agree("n", m + 2, cook_toom(m, 3)?.bt.len())?;
        let multiplies = winograd(m, 3, [SIDE, SIDE], C, C);
        let (tiles, filters) = (SIDE.div_ceil(m).pow(2), 4 * n * n * C * C);
        let part = shape.cost().multiplies as f64 / multiplies as f64;
        let (multiplies, filters) = (thousands(multiplies as u128), thousands(filters as u128));
        say!("F({m}x{m}, 3x3)    {n} {tiles:7} {multiplies:>16} {:>20} {filters:>15}", format!("1/{part:.2}"));
    }

    say!("\nA roof of 100 GFLOP/s and 20 GB/s has its ridge at {} FLOP/byte. On it,", 100 / 20);
    for (name, g) in [("dense", 1), ("in 8 groups", 8), ("depthwise", C)] {
        let spec = ConvSpec { groups: g, ..same };
        let cost = spec.resolve(&[1, C, SIDE, SIDE], &[C, C / g, 3, 3])?.cost();
        let roof = (20.0 * cost.intensity(4)).min(100.0);
        say!("{name:12} with {:5.1} FLOP/byte reaches at most {roof:5.1} GFLOP/s", cost.intensity(4));
    }
    Ok(())
}
