//! The demonstration's three forms, on tensors of real sizes.

use ch02_im2col::Fused;
use ch10_separable::{cost, depthwise, flattened, spatial};
use unrolled::text::thousands;
use unrolled::{ConvSpec, Cost, Result, Tensor, Var, conv, say};

/// A tensor of small integers: every sum is exact.
fn integers(shape: &[usize]) -> Result<Tensor> {
    Tensor::from_fn(shape, |i| (i * 7 % 11 % 3) as f32 - 1.0)
}

pub fn three_forms() -> Result<()> {
    say!("Three forms of convolution go by similar names.\n");
    say!("                      as one kernel W[k,c,r,s], it is");
    say!("spatially separable   sum over m of row[k,m,s] column[m,c,r]");
    say!("depthwise separable   pointwise[k,c] depthwise[c,r,s]");
    say!("flattened             channel[k,c] vertical[k,r] horizontal[k,s]\n");
    let spec = ConvSpec::default();
    for (input, column, row) in
        [([1, 3, 7, 7], [1, 3, 3, 1], [1, 1, 1, 3]), ([1, 32, 214, 214], [64, 32, 3, 1], [16, 64, 1, 3])]
    {
        let weights = [integers(&column)?, integers(&row)?];
        let dense = spatial::composed(&weights[0], &weights[1])?;
        compare("Spatially separable", &spatial::steps(&spec)?, &input, &weights, &dense)?;
    }
    say!("The second is dearer than the dense one: 64 channels in the middle are too many. With M of them");
    say!("the two kernels have k M (C + K) weights, fewer than the dense k k C K only below M = 32.\n");

    let weights = [integers(&[8, 1, 3, 3])?, integers(&[8, 8, 1, 1])?];
    let dense = depthwise::composed(&weights[0], &weights[1])?;
    compare("Depthwise separable", &depthwise::steps(&spec, 8)?, &[1, 8, 32, 32], &weights, &dense)?;

    let weights = [integers(&[8, 8, 1, 1])?, integers(&[8, 1, 3, 1])?, integers(&[8, 1, 1, 3])?];
    let dense = flattened::composed(&weights[0], &weights[1], &weights[2])?;
    compare("Flattened", &flattened::steps(&spec, 8)?, &[1, 8, 32, 32], &weights, &dense)
}

// ANCHOR: compare
/// Runs the steps one by one, and the dense convolution that they should equal.
fn compare(name: &str, steps: &[ConvSpec<2>], input: &[usize], weights: &[Tensor], dense: &Tensor) -> Result<()> {
    say!("{name}, {input:?}");
    let x = Var::constant(integers(input)?);
    let mut y = x.clone();
    for (step, weight) in steps.iter().zip(weights) {
        y = conv(&Fused, step, &y, &Var::constant(weight.clone()), None)?;
        say!("  {:16} -> {:?}", format!("{:?}", weight.shape()), y.value().shape());
    }
    let spec = ConvSpec::default();
    let one = conv(&Fused, &spec, &x, &Var::constant(dense.clone()), None)?;
    let same = if y.value() == one.value() { "the same numbers, every one" } else { "other numbers" };
    say!("as one kernel\n  {:16} -> {:?}: {same}", format!("{:?}", dense.shape()), one.value().shape());

    let shapes: Vec<&[usize]> = weights.iter().map(Tensor::shape).collect();
    say!("            weights  multiplications");
    for (name, cost) in [("dense", cost(&[spec], input, &[dense.shape()])?), ("steps", cost(steps, input, &shapes)?)] {
        let Cost { parameters, multiplies, .. } = cost;
        say!("  {name:8} {:>8} {:>16}", thousands(parameters), thousands(multiplies));
    }
    say!("");
    Ok(())
}
// ANCHOR_END: compare
