//! (2+1)D: what it computes, its gradients, and what it costs.

use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch06_conv3d::{conv2plus1d, cost_2plus1d, middle_channels};
use unrolled::testing::{Cases, gradcheck};
use unrolled::{ConvShape, ConvSpec, Convolution, Cost, Result, Tensor, Var, init, nn};

/// Weights of small integers for (2+1)D in the place of `shape`.
fn weights(shape: &ConvShape<3>, middle: usize, seed: u64) -> Result<[Tensor<f64>; 2]> {
    let ConvShape { spec, c, k, kernel: [q, r, s], .. } = *shape;
    let mut rng = init::rng(seed);
    let mut draw = |shape: &[usize]| Ok(init::uniform(shape, 3.5, &mut rng)?.map(f64::round));
    Ok([draw(&[middle, c, 1, r, s])?, draw(&[spec.groups * k, middle / spec.groups, q, 1, 1])?])
}

/// The kernel of the 3D convolution that two kernels, one after the other, make:
/// Σ over m of temporal[k, m, q] · spatial[m, c, r, s], m of k's group.
fn composed(shape: &ConvShape<3>, [spatial, temporal]: &[Tensor<f64>; 2]) -> Result<Tensor<f64>> {
    let ConvShape { c: channels, k: outputs, kernel: [taps, r, s], .. } = *shape;
    let (area, middle) = (r * s, temporal.shape()[1]);
    Tensor::from_fn(&shape.weight_shape(), |i| {
        let (k, c, q, rs) = (i / (channels * taps * area), i / (taps * area) % channels, i / area % taps, i % area);
        let first = k / outputs * middle;
        let term =
            |m| temporal.data()[(k * middle + m) * taps + q] * spatial.data()[((first + m) * channels + c) * area + rs];
        (0..middle).map(term).sum()
    })
}

#[test]
fn without_anything_between_it_is_a_3d_convolution() {
    Cases { count: 64, ..Cases::<3>::any() }.check(|case| {
        let (shape, spec) = (case.shape, case.shape.spec);
        let [x, ..] = case.integers::<f64>();
        let weights = weights(&shape, 2 * spec.groups, case.seed)?;
        let expected = Naive.forward(&spec, &x, &composed(&shape, &weights)?)?;
        let [w1, w2] = weights.map(Var::constant);
        let y = conv2plus1d(&Fused, &spec, &Var::constant(x), [&w1, &w2], None, |x| Ok(x.clone()))?;
        assert_eq!(y.value(), expected, "{case:?}");
        Ok(())
    });
}

#[test]
fn gradients() -> Result<()> {
    let spec = ConvSpec::new([2, 1, 2], [1, 0, 1], [1, 2, 1], 2)?;
    let shape = spec.resolve(&[1, 4, 4, 5, 4], &[2, 2, 3, 2, 3])?;
    let x = init::uniform(&shape.input_shape(), 1.0, &mut init::rng(5))?;
    // No weight is 0: a kernel of zeros would put everything on the ReLU's corner.
    let [w1, w2] = weights(&shape, 4, 9)?.map(|w| w.map(|w| w + 0.5));
    let b = Tensor::new(&[2], vec![1.0, -2.0])?;
    let inputs = [x, w1, w2, b];
    gradcheck(|v| conv2plus1d(&Fused, &spec, &v[0], [&v[1], &v[2]], Some(&v[3]), nn::relu), &inputs);
    gradcheck(|v| conv2plus1d(&Naive, &spec, &v[0], [&v[1], &v[2]], Some(&v[3]), |x| Ok(x.clone())), &inputs);
    Ok(())
}

#[test]
fn relu_is_between() -> Result<()> {
    // The spatial kernel negates, the temporal one sums two frames: only what was negative is left.
    let x = Var::constant(Tensor::<f32>::new(&[1, 1, 2, 1, 2], vec![1.0, -2.0, -3.0, -4.0])?);
    let w1 = Var::constant(Tensor::new(&[1, 1, 1, 1, 1], vec![-1.0])?);
    let w2 = Var::constant(Tensor::new(&[1, 1, 2, 1, 1], vec![1.0, 1.0])?);
    let y = conv2plus1d(&Naive, &ConvSpec::default(), &x, [&w1, &w2], None, nn::relu)?;
    assert_eq!(y.value().data(), [0.0 + 3.0, 2.0 + 4.0]);
    Ok(())
}

#[test]
fn middle_channels_of_the_paper() -> Result<()> {
    // As torchvision's r2plus1d_18 has them.
    for (c, k, middle) in [(64, 64, 144), (64, 128, 230), (128, 128, 288), (128, 256, 460), (256, 512, 921)] {
        let shape = ConvSpec::<3>::default().resolve(&[1, c, 3, 3, 3], &[k, c, 3, 3, 3])?;
        assert_eq!(middle_channels(&shape), middle);
    }
    Ok(())
}

#[test]
fn middle_channels_are_the_most_that_cost_no_more() {
    Cases { channels: 1..=9, count: 128, ..Cases::<3>::any() }.check(|case| {
        let (shape, groups) = (case.shape, case.shape.spec.groups);
        let parameters = |middle| cost_2plus1d(&shape, middle).map(|cost| cost.parameters);
        let (middle, whole) = (middle_channels(&shape), shape.cost().parameters);
        assert!(parameters(middle)? <= whole || middle == groups, "{shape:?}");
        assert!(parameters(middle + groups)? > whole, "{shape:?}");
        Ok(())
    });
}

#[test]
fn costs_are_counted_right() {
    // With ones everywhere and no padding, each multiplication adds one to the sum of the output.
    Cases { padding: 0..=0, batch: 1..=2, count: 32, ..Cases::<3>::any() }.check(|case| {
        let (shape, middle) = (case.shape, 2 * case.shape.spec.groups);
        let ones = |t: &Tensor<f64>| t.clone().map(|_| 1.0);
        let [x, w, _] = case.integers().map(|t| ones(&t));
        let whole = Naive.forward(&shape.spec, &x, &w)?;
        let counted = |cost: Cost| (cost.parameters as usize, cost.multiplies as f64);
        assert_eq!(counted(shape.cost()), (w.len(), whole.sum()));

        let [w1, w2] = weights(&shape, middle, 1)?.map(|t| Var::constant(ones(&t)));
        let mut first = 0.0;
        let again = |x: &Var<Tensor<f64>>| {
            first = x.value().sum();
            Ok(Var::constant(ones(&x.value())))
        };
        let y = conv2plus1d(&Naive, &shape.spec, &Var::constant(x), [&w1, &w2], None, again)?;
        let parameters = w1.value().len() + w2.value().len();
        let multiplies = first + y.value().sum();
        assert_eq!(counted(cost_2plus1d(&shape, middle)?), (parameters, multiplies));
        Ok(())
    });
}

#[test]
fn refuses_what_does_not_fit() -> Result<()> {
    let spec = ConvSpec { groups: 2, ..ConvSpec::<3>::default() };
    let shape = spec.resolve(&[1, 4, 3, 3, 3], &[2, 2, 3, 3, 3])?;
    for middle in [0, 3] {
        let text = cost_2plus1d(&shape, middle).unwrap_err().to_string();
        assert!(
            text.starts_with("middle channels: got") && text.ends_with("a multiple of groups = 2, and not 0"),
            "{text}"
        );
    }
    let var = |shape: &[usize]| Tensor::<f32>::zeros(shape).map(Var::constant);
    let x = var(&[1, 4, 3, 3, 3])?;
    for [w1, w2] in [
        [[2, 2, 1, 3, 3], [2, 2, 3, 1, 1]], // another number of channels in the middle
        [[2, 4, 1, 3, 3], [2, 1, 3, 1, 1]],
        [[2, 2, 1, 4, 3], [2, 1, 3, 1, 1]],
        [[2, 2, 1, 3, 3], [3, 1, 3, 1, 1]],
        [[2, 2, 2, 3, 3], [2, 1, 2, 1, 1]], // taps that belong into the other
        [[2, 2, 1, 2, 3], [2, 1, 3, 2, 1]],
    ] {
        let y = conv2plus1d(&Fused, &spec, &x, [&var(&w1)?, &var(&w2)?], None, nn::relu);
        let text = y.map(|_| ()).expect_err("weights that don't fit").to_string();
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    let short = [var(&[2, 2])?, var(&[2, 1, 3])?];
    assert!(conv2plus1d(&Fused, &spec, &x, [&short[0], &short[1]], None, nn::relu).is_err());
    Ok(())
}
