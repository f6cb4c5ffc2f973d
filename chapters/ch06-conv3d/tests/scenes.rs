//! The film and the volume, and what the kernels see in them.

use ch02_im2col::Fused;
use ch06_conv3d::video::{self, Outline, Shape, film, motion_kernels, three_shapes};
use ch06_conv3d::volume::{SIDE, neighbours, phantom, sobel_2d, sobel_3d, steepness};
use unrolled::{ConvSpec, Convolution, Result, Tensor, init};

/// The sums of what the two kernels answer, signs dropped.
fn seen(film: &Tensor) -> Result<[f32; 2]> {
    let y = Fused.forward(&ConvSpec { padding: [0, 1, 1], ..ConvSpec::<3>::default() }, film, &motion_kernels()?)?;
    let amount = |half: &[f32]| half.iter().map(|y| y.abs()).sum();
    let (right, left) = y.data().split_at(y.len() / 2);
    Ok([amount(right), amount(left)])
}

#[test]
fn kernels_see_their_own_direction_only() -> Result<()> {
    for outline in [Outline::Square, Outline::Diamond] {
        for radius in 1..4 {
            let shape = |velocity| Shape { outline, radius, centre: [12, 12 - 4 * velocity], velocity };
            let [right, none] = seen(&film(&[shape(1)])?)?;
            assert!(right > 0.0 && none == 0.0, "{outline:?} {radius}");
            assert_eq!(seen(&film(&[shape(-1)])?)?, [0.0, right]);
            assert_eq!(seen(&film(&[shape(0)])?)?, [0.0, 0.0]);
        }
    }
    Ok(())
}

#[test]
fn a_2d_kernel_answers_the_same_to_the_same_frame() -> Result<()> {
    let [frames, h, w] = video::SIZE;
    let stands = Shape { outline: Outline::Diamond, radius: 3, centre: [10, 11], velocity: 0 };
    for t in 0..frames {
        let moves = Shape { centre: [10, 11 - t as isize], velocity: 1, ..stands };
        let kernel = init::uniform(&[8, 1, 3, 3], 1.0, &mut init::rng(t as u64))?;
        let answer = |shape: Shape| {
            let frame = film(&[shape])?.data()[t * h * w..][..h * w].to_vec();
            Fused.forward(&ConvSpec::<2>::default(), &Tensor::new(&[1, 1, h, w], frame)?, &kernel)
        };
        assert_eq!(answer(moves)?, answer(stands)?);
        assert_ne!(film(&[moves])?, film(&[stands])?);
    }
    Ok(())
}

#[test]
fn films_are_made_by_seed() -> Result<()> {
    let [frames, h, w] = video::SIZE;
    for seed in 0..200 {
        let shapes = three_shapes(seed)?;
        assert_eq!(shapes.map(|shape| shape.velocity), [1, 0, -1]);
        // No shape ever leaves the film or its own eight rows: none loses a pixel.
        let whole = |shape: &Shape| if shape.outline == Outline::Square { 25 } else { 13 };
        let pixels: usize = shapes.iter().map(whole).sum();
        for frame in film(&shapes)?.data().chunks(h * w) {
            assert_eq!(frame.iter().sum::<f32>(), pixels as f32, "{shapes:?}");
        }
        for (i, shape) in shapes.into_iter().enumerate() {
            let alone = film(&[shape])?;
            let outside = alone.data().iter().enumerate().filter(|(p, x)| **x != 0.0 && p / w % h / 8 != i);
            assert_eq!(outside.count(), 0);
        }
    }
    assert_eq!(film(&three_shapes(1)?)?.shape(), [1, 1, frames, h, w]);
    assert_eq!(three_shapes(1)?, three_shapes(1)?);
    assert_ne!(three_shapes(1)?, three_shapes(2)?);
    Ok(())
}

#[test]
fn surfaces_are_where_the_density_changes() -> Result<()> {
    for seed in 0..5 {
        let volume = phantom(seed)?;
        let (flat, solid) = (steepness(&Fused, &volume, &sobel_2d()?)?, steepness(&Fused, &volume, &sobel_3d()?)?);
        let (mut surface, mut missed) = (0, 0);
        for (i, [faces, all]) in neighbours(&volume)?.into_iter().enumerate() {
            if all == 0 {
                assert_eq!((flat.data()[i], solid.data()[i]), (0.0, 0.0));
            }
            if faces > 0 {
                surface += 1;
                missed += usize::from(flat.data()[i] == 0.0);
            }
        }
        assert!(surface > 3000 && missed > surface / 20, "{surface} {missed}");
    }
    assert_eq!(phantom(1)?, phantom(1)?);
    assert_ne!(phantom(1)?, phantom(2)?);
    Ok(())
}

#[test]
fn a_surface_flat_in_the_slice_is_steep_in_3d_only() -> Result<()> {
    // A step of 5 between depths 1 and 2; away from the borders.
    let volume = Tensor::from_fn(&[1, 1, 4, 5, 5], |i| if i / 25 < 2 { 0.0 } else { 5.0 })?;
    let at = |t: &Tensor, z| t.at(&[0, 0, z, 2, 2]);
    let (flat, solid) = (steepness(&Fused, &volume, &sobel_2d()?)?, steepness(&Fused, &volume, &sobel_3d()?)?);
    assert_eq!((at(&flat, 1), at(&flat, 2)), (Some(0.0), Some(0.0)));
    assert_eq!((at(&solid, 1), at(&solid, 2)), (Some(16.0 * 5.0), Some(16.0 * 5.0)));
    Ok(())
}

/// Σ of the kernel's taps times their place along an axis: what it answers to a ramp of slope 1.
#[test]
fn sobel_measures_the_slope_along_its_axis() -> Result<()> {
    for (slope, answer) in
        [([1.0, 0.0, 0.0], 32.0), ([0.0, 1.0, 0.0], 32.0), ([0.0, 0.0, 1.0], 32.0), ([2.0, 1.0, 2.0], 96.0)]
    {
        let ramp = Tensor::from_fn(&[1, 1, 3, 3, 3], |i| {
            [i / 9, i / 3 % 3, i % 3].into_iter().zip(slope).map(|(at, slope)| at as f32 * slope).sum()
        })?;
        assert_eq!(steepness(&Fused, &ramp, &sobel_3d()?)?.at(&[0, 0, 1, 1, 1]), Some(answer));
    }
    // And its three answers, in a ball, point along the radius.
    let centre = (SIDE as f64 - 1.0) / 2.0;
    let from_centre = |i: usize| [i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE].map(|v| v as f64 - centre);
    let length = |v: [f64; 3]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
    let ball = Tensor::from_fn(&[1, 1, SIDE, SIDE, SIDE], |i| f32::from(length(from_centre(i)) < 9.0))?;
    let answers = Fused.forward(&ConvSpec { padding: [1; 3], ..ConvSpec::<3>::default() }, &ball, &sobel_3d()?)?;
    let (mut cosines, mut count) = (0.0, 0);
    for i in 0..ball.len() {
        let normal: [f64; 3] = std::array::from_fn(|axis| f64::from(answers.data()[axis * ball.len() + i]));
        if length(normal) > 0.0 {
            let inwards = from_centre(i).iter().zip(normal).map(|(a, b)| -a * b).sum::<f64>();
            cosines += inwards / length(normal) / length(from_centre(i));
            count += 1;
        }
    }
    assert!(count > 1000 && cosines / f64::from(count) > 0.97, "{} of {count}", cosines / f64::from(count));
    Ok(())
}

#[test]
fn neighbours_are_counted() -> Result<()> {
    let mut volume = Tensor::zeros(&[1, 1, 3, 3, 3])?;
    volume.data_mut()[13] = 1.0; // the centre
    let counts = neighbours(&volume)?;
    assert_eq!(counts[13], [6, 26]);
    assert_eq!((counts[0], counts[1], counts[4]), ([0, 1], [0, 1], [1, 1])); // a corner, an edge, a face
    assert_eq!(neighbours(&Tensor::full(&[1, 1, 2, 3, 1], 4.0)?)?, [[0, 0]; 6]);

    let text = neighbours(&Tensor::zeros(&[3, 3, 3])?).unwrap_err().to_string();
    assert_eq!(text, "volume: got [3, 3, 3], expected [1, 1, D, H, W]");
    assert!(steepness(&Fused, &Tensor::zeros(&[3, 3, 3])?, &sobel_3d()?).is_err());
    assert!(steepness(&Fused, &volume, &Tensor::zeros(&[3])?).is_err());
    Ok(())
}
