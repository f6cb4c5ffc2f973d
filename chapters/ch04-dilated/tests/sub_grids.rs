//! Space to batch and back, from their definition.

use ch04_dilated::SubGrids;
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Result, Tensor};

fn cases<const D: usize>() -> Cases<D> {
    Cases { dilation: 1..=5, ..Cases::any() }.stride_one()
}

#[test]
fn a_sub_grid_has_every_dth_position_of_the_padded_tensor() {
    cases::<2>().check(|case| {
        let [x, ..] = case.integers::<f32>();
        let (s, d, p) = (case.shape, case.shape.spec.dilation, case.shape.spec.padding);
        let parts = SubGrids::of(&s)?.0.gather(&x)?;
        let phases = [d[0].min(s.output[0]), d[1].min(s.output[1])];
        let &[images, channels, height, width] = parts.shape() else { unreachable!() };
        assert_eq!(images, s.n * phases[0] * phases[1]);
        for (i, &part) in parts.data().iter().enumerate() {
            let [image, c] = [i / (channels * height * width), i / (height * width) % channels];
            let (n, phase) = (image / (phases[0] * phases[1]), image % (phases[0] * phases[1]));
            let y = (phase / phases[1] + d[0] * (i / width % height)).wrapping_sub(p[0]);
            let x_ = (phase % phases[1] + d[1] * (i % width)).wrapping_sub(p[1]);
            assert_eq!(part, x.at(&[n, c, y, x_]).unwrap_or(0.0)); // nothing outside of the tensor
        }
        Ok(())
    });
}

/// ⟨gather(x), u⟩ = ⟨x, scatter(u)⟩, on integers exactly.
#[test]
fn gather_and_scatter_are_adjoint() {
    cases::<3>().check(|case| {
        let [x, _, dy] = case.integers::<f64>();
        let (input, output) = SubGrids::of(&case.shape)?;
        for (grids, whole) in [(input, x), (output, dy)] {
            let u = Tensor::from_fn(&grids.parts_shape(), |i| (i * 7 % 11) as f64 - 5.0)?;
            assert_eq!(grids.whole_shape(), whole.shape());
            assert_eq!(grids.gather(&whole)?.dot(&u)?, whole.dot(&grids.scatter(&u)?)?);
        }
        Ok(())
    });
}

#[test]
fn an_output_comes_back_whole() {
    cases::<2>().check(|case| {
        let [.., dy] = case.integers::<f32>();
        let (_, output) = SubGrids::of(&case.shape)?;
        assert_eq!(output.scatter(&output.gather(&dy)?)?, dy);
        Ok(())
    });
}

#[test]
fn other_shapes_and_strides_are_refused() -> Result<()> {
    let shape = ConvSpec { dilation: [2], ..ConvSpec::<1>::default() }.resolve(&[1, 2, 7], &[1, 2, 3])?;
    let (input, _) = SubGrids::of(&shape)?;
    assert_eq!(
        input.gather(&Tensor::<f32>::zeros(&[1, 2, 8])?).unwrap_err().to_string(),
        "tensor: got [1, 2, 8], expected [1, 2, 7]"
    );
    assert_eq!(
        input.scatter(&Tensor::<f32>::zeros(&[1, 2, 4])?).unwrap_err().to_string(),
        "sub-grids: got [1, 2, 4], expected [2, 2, 4]"
    );
    let strided = ConvSpec::new([2], [0], [2], 1)?.resolve(&[1, 2, 7], &[1, 2, 3])?;
    assert!(SubGrids::of(&strided).is_err());
    Ok(())
}
