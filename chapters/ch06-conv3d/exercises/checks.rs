//! What the exercises of chapter 6 must do.

use crate::causal::causal as without_future;
use crate::composed::composed as one_kernel;
use crate::inflate::inflate as to_video;
use crate::my_conv3d::Summed;
use crate::seen_by::seen_by as column;
use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch06_conv3d::conv2plus1d;
use proptest::prelude::*;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, init};

/// Small integers.
fn integers(shape: &[usize], seed: u64) -> Result<Tensor<f64>> {
    Ok(init::uniform(shape, 4.5, &mut init::rng(seed))?.map(f64::round))
}

#[test]
fn seen_by() {
    assert_eq!(column(4, 6, 3, 1, 0, 1), [(4, 0), (3, 1), (2, 2)]);
    assert_eq!(column(0, 6, 3, 1, 0, 1), [(0, 0)]);
    assert_eq!(column(3, 4, 3, 2, 1, 1), [(2, 0), (1, 2)]);
    Cases::<1>::any().check(|case| {
        let shape = case.shape;
        let ([stride], [padding], [dilation]) = (shape.spec.stride, shape.spec.padding, shape.spec.dilation);
        for i in 0..shape.input[0] {
            let pairs = (0..shape.kernel[0]).flat_map(|q| (0..shape.output[0]).map(move |z| (z, q)));
            let expected: Vec<_> = pairs.filter(|(z, q)| z * stride + q * dilation == i + padding).collect();
            let got = column(i, shape.output[0], shape.kernel[0], stride, padding, dilation);
            prop_assert_eq!(got, expected, "input plane {} of {:?}", i, shape);
        }
        Ok(())
    });
}

#[test]
fn inflate() -> Result<()> {
    let image = integers(&[2, 3, 6, 5], 1)?;
    let flat = integers(&[4, 3, 3, 2], 2)?.map(|w| 12.0 * w); // so that nothing is rounded
    let expected = Naive.forward(&ConvSpec::<2>::default(), &image, &flat)?;
    for depth in 1..=4 {
        let deep = to_video(&flat, depth)?;
        assert_eq!(deep.shape(), [4, 3, depth, 3, 2]);
        // Six frames of the image.
        let video = Tensor::from_fn(&[2, 3, 6, 6, 5], |i| image.data()[i / 180 * 30 + i % 30])?;
        let y = Naive.forward(&ConvSpec::<3>::default(), &video, &deep)?;
        let frames = 7 - depth;
        assert_eq!(y.shape(), [2, 4, frames, 4, 4]);
        let repeated = Tensor::from_fn(y.shape(), |i| expected.data()[i / (frames * 16) * 16 + i % 16])?;
        assert_eq!(y, repeated, "depth {depth}");
    }
    Ok(())
}

#[test]
fn composed() -> Result<()> {
    let spec = ConvSpec::new([2, 1, 2], [1, 0, 1], [1, 2, 1], 1)?;
    for middle in [1, 3, 5] {
        let (w1, w2) = (integers(&[middle, 2, 1, 2, 3], 3)?, integers(&[4, middle, 3, 1, 1], 4)?);
        let x = integers(&[2, 2, 5, 6, 4], 5)?;
        let kernel = one_kernel(&w1, &w2)?;
        assert_eq!(kernel.shape(), [4, 2, 3, 2, 3]);
        let expected = Naive.forward(&spec, &x, &kernel)?;
        let [x, w1, w2] = [x, w1, w2].map(Var::constant);
        let y = conv2plus1d(&Fused, &spec, &x, [&w1, &w2], None, |x| Ok(x.clone()))?;
        assert_eq!(y.value(), expected, "{middle} channels between");
    }
    Ok(())
}

#[test]
fn causal() -> Result<()> {
    for (frames, taps) in [(5, 3), (4, 1), (3, 4)] {
        let (video, weight) = (integers(&[2, 2, frames, 3, 4], 6)?, integers(&[3, 2, taps, 2, 2], 7)?);
        let y = without_future(&video, &weight)?;
        assert_eq!(y.shape(), [2, 3, frames, 2, 3]);
        // The definition, on a video with the zeros before it written out.
        let (long, area) = (frames + taps - 1, 12);
        let padded = Tensor::from_fn(&[2, 2, long, 3, 4], |i| {
            let frame = (i / area % long).checked_sub(taps - 1);
            frame.map_or(0.0, |t| video.data()[(i / area / long * frames + t) * area + i % area])
        })?;
        assert_eq!(y, Naive.forward(&ConvSpec::<3>::default(), &padded, &weight)?, "{frames} frames, {taps} taps");
    }
    Ok(())
}

// ANCHOR: my_conv3d
#[test]
fn my_conv3d() {
    Cases::<3>::any().assert_all(&Summed(Naive), &Naive);
}
// ANCHOR_END: my_conv3d
