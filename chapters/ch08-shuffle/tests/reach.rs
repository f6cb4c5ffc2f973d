//! Who sees whom: what the gradients find is what counting paths says.

use ch02_im2col::Fused;
use ch08_shuffle::{Shuffled, channel_shuffle, reach};
use unrolled::{ConvSpec, Result, Tensor, Var, conv};

/// Two grouped layers on maps of 2 × 2, the first shuffled or not.
fn two_layers(channels: usize, groups: usize, shuffled: bool) -> Result<Vec<Vec<bool>>> {
    let spec = ConvSpec { groups, ..ConvSpec::<2>::default() };
    let w = Var::constant(Tensor::full(&[channels, channels / groups, 1, 1], 1.0)?);
    reach(&Tensor::full(&[2, channels, 2, 2], 1.0)?, |x| {
        let y = if shuffled { conv(&Shuffled(Fused), &spec, x, &w, None) } else { conv(&Fused, &spec, x, &w, None) }?;
        conv(&Fused, &spec, &y, &w, None)
    })
}

#[test]
fn groups_never_meet_without_a_shuffle() -> Result<()> {
    for (channels, groups) in [(6, 1), (6, 2), (9, 3), (4, 4)] {
        let width = channels / groups;
        for (k, seen) in two_layers(channels, groups, false)?.into_iter().enumerate() {
            assert!(seen.into_iter().eq((0..channels).map(|c| c / width == k / width)));
        }
    }
    Ok(())
}

/// Output group h gets places h·width.. of the shuffled channels; place i is from group i mod groups.
#[test]
fn a_shuffle_lets_through_what_its_paths_say() -> Result<()> {
    for (channels, groups) in [(6, 2), (6, 3), (9, 3), (12, 3), (8, 4), (4, 4)] {
        let width = channels / groups;
        let found = two_layers(channels, groups, true)?;
        for (k, seen) in found.iter().enumerate() {
            let places = k / width * width..(k / width + 1) * width;
            let expected = (0..channels).map(|c| places.clone().any(|i| i % groups == c / width));
            assert!(seen.iter().copied().eq(expected), "{channels} channels, {groups} groups, output {k}");
        }
        assert_eq!(found.concat().into_iter().all(|seen| seen), width >= groups, "{channels} in {groups}");
    }
    Ok(())
}

#[test]
fn says_who_moved_and_who_is_not_looked_at() -> Result<()> {
    let x = Tensor::full(&[1, 6, 3], 2.0)?;
    for (k, seen) in reach(&x, |x| channel_shuffle(x, 2))?.into_iter().enumerate() {
        assert!(seen.into_iter().eq((0..6).map(|c| c == [0, 3, 1, 4, 2, 5][k])));
    }
    let other = Var::parameter(Tensor::full(&[1, 2, 3], 1.0)?);
    assert_eq!(reach(&x, |_| Ok(other.clone()))?, [[false; 6]; 2]);
    Ok(())
}

#[test]
fn refuses_what_has_no_channels() -> Result<()> {
    let message = reach(&Tensor::zeros(&[6])?, |x| Ok(x.clone())).expect_err("one axis").to_string();
    assert!(message.starts_with("input: got [6]"), "{message}");
    let x = Tensor::zeros(&[1, 6])?;
    assert!(reach(&x, |_| Ok(Var::parameter(Tensor::scalar(1.0)))).is_err());
    assert!(reach(&x, |x| Ok(Var::constant(x.value()))).is_err());
    assert!(reach(&x, |x| channel_shuffle(x, 4)).is_err());
    assert_eq!(reach(&Tensor::zeros(&[1, 2, 0])?, |x| Ok(x.clone()))?, [[false; 2]; 2]);
    Ok(())
}
