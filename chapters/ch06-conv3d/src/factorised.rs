//! (2+1)D: a kernel in space, then a kernel in time.

use unrolled::{ConvShape, ConvSpec, Convolution, Cost, Error, Real, Result, Tensor, Var, conv};

/// A convolution in space, 1 × R × S, then one in time, Q × 1 × 1: "(2+1)D", by any 3D algorithm.
///
/// Input `[N, C, D, H, W]`, weights `[M, C/groups, 1, R, S]` and `[K, M/groups, Q, 1, 1]`, bias `[K]`, result
/// `[N, K, Z, Y, X]`, of the size that one kernel of Q × R × S gives with the same `spec`. The first takes the stride,
/// padding and dilation of height and width, the second those of the depth. [`middle_channels`] is the usual M.
///
/// `between` is what happens to the `[N, M, D, Y, X]` in the middle: [`unrolled::nn::relu`], a second one for
/// the parameters of one layer. With nothing there, `|x| Ok(x.clone())`, the two are a 3D convolution whose kernel is
/// Σ over m of weight₂\[k, m, q\] · weight₁\[m, c, r, s\].
///
/// Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition" (2018), found that
/// networks of these ("R(2+1)D") train better than those of 3 × 3 × 3 kernels with as many parameters.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch06_conv3d::conv2plus1d;
/// use unrolled::{ConvSpec, Tensor, Var, init, nn};
///
/// let mut rng = init::rng(1);
/// let video = Var::constant(init::uniform::<f32>(&[2, 3, 8, 16, 16], 1.0, &mut rng)?);
/// let spatial = Var::parameter(init::weight(&[45, 3, 1, 7, 7], &mut rng)?);
/// let temporal = Var::parameter(init::weight(&[64, 45, 3, 1, 1], &mut rng)?);
/// let spec = ConvSpec { stride: [1, 2, 2], padding: [1, 3, 3], ..ConvSpec::default() };
/// let maps = conv2plus1d(&Fused, &spec, &video, [&spatial, &temporal], None, nn::relu)?;
/// assert_eq!(maps.value().shape(), [2, 64, 8, 8, 8]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`Convolution`], if a weight has taps that belong into the other, if the bias isn't `[K]`, and if `between` fails.
// ANCHOR: factorised
pub fn conv2plus1d<T, A>(
    algorithm: &A,
    spec: &ConvSpec<3>,
    input: &Var<Tensor<T>>,
    [spatial, temporal]: [&Var<Tensor<T>>; 2],
    bias: Option<&Var<Tensor<T>>>,
    between: impl FnOnce(&Var<Tensor<T>>) -> Result<Var<Tensor<T>>>,
) -> Result<Var<Tensor<T>>>
where
    T: Real,
    A: Convolution<Tensor<T>, 3> + Clone + 'static,
{
    let (first, second) = (spatial.value(), temporal.value());
    if first.shape().get(2) != Some(&1) {
        return Err(Error::argument("spatial weight", first.shape(), "[M, C/groups, 1, R, S]"));
    }
    if second.shape().get(3..) != Some(&[1, 1]) {
        return Err(Error::argument("temporal weight", second.shape(), "[K, M/groups, Q, 1, 1]"));
    }
    let [space, time] = halves(spec);
    let middle = between(&conv(algorithm, &space, input, spatial, None)?)?;
    conv(algorithm, &time, &middle, temporal, bias)
}
// ANCHOR_END: factorised

/// What of a specification belongs to the convolution in space, and what to that in time.
fn halves(spec: &ConvSpec<3>) -> [ConvSpec<3>; 2] {
    let ConvSpec { stride: [sz, sy, sx], padding: [pz, py, px], dilation: [dz, dy, dx], groups } = *spec;
    [
        ConvSpec { stride: [1, sy, sx], padding: [0, py, px], dilation: [1, dy, dx], groups },
        ConvSpec { stride: [sz, 1, 1], padding: [pz, 0, 0], dilation: [dz, 1, 1], groups },
    ]
}

// ANCHOR: middle
/// The channels M in the middle of (2+1)D with which it has as many parameters as the 3D convolution `shape`, or as
/// near below as it gets: floor(Q R S C K / (R S C + Q K)) in each group, and at least one.
///
/// ```
/// use ch06_conv3d::middle_channels;
/// use unrolled::ConvSpec;
///
/// let same = ConvSpec { padding: [1, 1, 1], ..ConvSpec::<3>::default() };
/// assert_eq!(middle_channels(&same.resolve(&[1, 64, 16, 56, 56], &[64, 64, 3, 3, 3])?), 144);
/// # Ok::<(), unrolled::Error>(())
/// ```
pub fn middle_channels(shape: &ConvShape<3>) -> usize {
    let ConvShape { spec, c, k, kernel: [q, r, s], .. } = *shape;
    spec.groups * (q * r * s * c * k / (r * s * c + q * k)).max(1)
}
// ANCHOR_END: middle

// ANCHOR: cost
/// The cost of (2+1)D in the place of the 3D convolution `shape`, with `middle` channels between: M C/groups R S
/// parameters at N D Y X places, and K M/groups Q at N Z Y X.
///
/// # Errors
/// If `middle` is 0 or not a multiple of the groups.
pub fn cost_2plus1d(shape: &ConvShape<3>, middle: usize) -> Result<Cost> {
    let ConvShape { spec, c, k, kernel: [q, r, s], .. } = *shape;
    if middle == 0 || !middle.is_multiple_of(spec.groups) {
        let expected = format!("a multiple of groups = {}, and not 0", spec.groups);
        return Err(Error::argument("middle channels", middle, expected));
    }
    let [space, time] = halves(&spec);
    let space = space.resolve(&shape.input_shape(), &[middle, c, 1, r, s])?;
    let time = time.resolve(&space.output_shape(), &[spec.groups * k, middle / spec.groups, q, 1, 1])?;
    Ok(space.cost() + time.cost())
}
// ANCHOR_END: cost
