//! Shapes and counts: the classic numbers, from the functions and from real tensors.

use ch02_im2col::Fused;
use ch10_separable::{cost, depthwise, depthwise_separable, flattened, spatial, spatially_separable};
use unrolled::{ConvSpec, Result, Tensor, Var, conv};

const SPEC: ConvSpec<2> = ConvSpec { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 };

fn ones(shape: &[usize]) -> Result<Var<Tensor>> {
    Ok(Var::constant(Tensor::full(shape, 1.0)?))
}

#[test]
fn the_shapes_of_the_tutorials() -> Result<()> {
    let x = ones(&[1, 3, 7, 7])?;
    let (column, row) = (ones(&[1, 3, 3, 1])?, ones(&[1, 1, 1, 3])?);
    let [first, second] = spatial::steps(&SPEC)?;
    let between = conv(&Fused, &first, &x, &column, None)?;
    assert_eq!(between.value().shape(), [1, 1, 5, 7]);
    let y = conv(&Fused, &second, &between, &row, None)?.value();
    assert_eq!(y, Tensor::full(&[1, 1, 5, 5], 27.0)?);
    assert_eq!(spatially_separable(&Fused, &SPEC, &x, [&column, &row], None)?.value(), y);

    let weights = [&ones(&[64, 32, 3, 1])?, &ones(&[16, 64, 1, 3])?];
    let y = spatially_separable(&Fused, &SPEC, &ones(&[1, 32, 214, 214])?, weights, None)?;
    assert_eq!(y.value(), Tensor::full(&[1, 16, 212, 212], (32 * 64 * 9) as f32)?);

    let weights = [&ones(&[8, 1, 3, 3])?, &ones(&[8, 8, 1, 1])?];
    let y = depthwise_separable(&Fused, &SPEC, &ones(&[1, 8, 32, 32])?, weights, None)?;
    assert_eq!(y.value(), Tensor::full(&[1, 8, 30, 30], 72.0)?);
    Ok(())
}

#[test]
fn counts_are_those_of_the_formulas() -> Result<()> {
    let (n, c, k, m, [r, s], [h, w]) = (2, 3, 5, 4, [3, 2], [9, 8]);
    let ([y, x], input) = ([h - r + 1, w - s + 1], [n, c, h, w]);
    let count = |parameters: usize, multiplies: usize| (parameters as u128, (n * multiplies) as u128);
    let cost = |steps: &[ConvSpec<2>], weights: &[&[usize]]| {
        cost(steps, &input, weights).map(|cost| (cost.parameters, cost.multiplies))
    };
    assert_eq!(cost(&[SPEC], &[&[k, c, r, s]])?, count(k * c * r * s, k * c * r * s * y * x));
    assert_eq!(
        cost(&spatial::steps(&SPEC)?, &[&[m, c, r, 1], &[k, m, 1, s]])?,
        count(r * c * m + s * m * k, r * c * m * y * w + s * m * k * y * x)
    );
    assert_eq!(
        cost(&depthwise::steps(&SPEC, c)?, &[&[c, 1, r, s], &[k, c, 1, 1]])?,
        count(r * s * c + c * k, (r * s * c + c * k) * y * x)
    );
    assert_eq!(
        cost(&flattened::steps(&SPEC, k)?, &[&[k, c, 1, 1], &[k, 1, r, 1], &[k, 1, 1, s]])?,
        count(k * (c + r + s), k * (c * h * w + r * y * w + s * y * x))
    );
    // The layer of the MobileNet paper's argument: 1/K + 1/k² of the dense cost.
    let cost = ch10_separable::cost;
    let dense = cost(&[SPEC], &[1, 32, 10, 10], &[&[64, 32, 3, 3]])?;
    let separable = cost(&depthwise::steps(&SPEC, 32)?, &[1, 32, 10, 10], &[&[32, 1, 3, 3], &[64, 32, 1, 1]])?;
    assert_eq!(separable.multiplies * 9 * 64, dense.multiplies * (9 + 64));
    Ok(())
}

#[test]
fn stride_padding_and_dilation_are_split_by_axis() -> Result<()> {
    let spec = ConvSpec::new([1, 2], [3, 4], [5, 6], 1)?;
    let along = |stride, padding, dilation, groups| ConvSpec { stride, padding, dilation, groups };
    let (vertical, horizontal) = (([1, 1], [3, 0], [5, 1]), ([1, 2], [0, 4], [1, 6]));
    let with = |(s, p, d), groups| along(s, p, d, groups);
    assert_eq!(spatial::steps(&spec)?, [with(vertical, 1), with(horizontal, 1)]);
    assert_eq!(flattened::steps(&spec, 7)?, [SPEC, with(vertical, 7), with(horizontal, 7)]);
    assert_eq!(depthwise::steps(&spec, 7)?, [ConvSpec { groups: 7, ..spec }, SPEC]);
    Ok(())
}

#[test]
fn bad_input_is_an_error() {
    let steps = spatial::steps(&SPEC).unwrap();
    assert!(cost(&steps, &[1, 3, 7, 7], &[&[1, 3, 3, 1]]).unwrap_err().to_string().contains("2, one for each step"));
    assert!(cost(&steps, &[1, 3, 7, 7], &[&[2, 3, 3, 1], &[1, 1, 1, 3]]).is_err());
    assert!(cost(&steps, &[1, 3, 7], &[&[1, 3, 3, 1], &[1, 1, 1, 3]]).is_err());
    let groups = ConvSpec { groups: 2, ..SPEC };
    assert!(spatial::steps(&groups).is_err());
    assert!(depthwise::steps(&groups, 2).is_err() && depthwise::steps(&SPEC, 0).is_err());
    assert!(flattened::steps(&groups, 2).is_err() && flattened::steps(&SPEC, 0).is_err());
}
