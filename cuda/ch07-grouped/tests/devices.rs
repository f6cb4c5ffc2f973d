//! A group on each device. (The simulated machine has one unless asked for more, before the first call of CUDA: so the
//! test runs itself again, in a process of its own.)

use ch01_naive::Naive as Referee;
use cuda_ch07_grouped::{Device, Grouped, run_on_devices};
use host::Session;
use std::process::Command;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

#[test]
fn devices_together_are_the_grouped_convolution() -> Result<()> {
    const DEVICES: &str = "UNROLLED_SIM_DEVICES";
    if std::env::var_os(DEVICES).is_none_or(|devices| devices != "2") {
        let again = std::env::current_exe().expect("a path of this test");
        let filter = ["--exact", "devices_together_are_the_grouped_convolution"];
        let output = Command::new(again).args(filter).env(DEVICES, "2").output().expect("the test runs again");
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return Ok(());
    }

    let (session, devices) = (Session::new()?, Session::devices()?);
    assert!(devices == 2 || !session.is_simulated(), "{devices} devices");
    for groups in [1, 2, 3] {
        let first = ConvSpec { groups, padding: [1, 1], ..ConvSpec::<2>::default() };
        let second = ConvSpec { groups, stride: [2, 1], ..ConvSpec::default() };
        let shape = first.resolve(&[2, 6, 7, 5], &[12, 6 / groups, 3, 3])?;
        let [x, w1, _] = Case { shape, seed: 4 }.integers::<f32>();
        let shape = second.resolve(&shape.output_shape(), &[6, 12 / groups, 2, 3])?;
        let [_, w2, _] = Case { shape, seed: 5 }.integers::<f32>();

        let parts = Device::deal(&[(first, w1.clone()), (second, w2.clone())])?;
        assert_eq!(parts.len(), groups);
        for (i, part) in parts.iter().enumerate() {
            assert_eq!(part.session().device(), i % devices);
            assert_eq!(part.weights() * groups, w1.len() + w2.len());
        }
        let expected = Referee.forward(&second, &Referee.forward(&first, &x, &w1)?, &w2)?;
        assert_eq!(run_on_devices(&Grouped, &parts, &x)?, expected, "{groups} groups");
    }
    Ok(())
}

#[test]
fn devices_refuse_what_cannot_be_dealt() -> Result<()> {
    let layer = |groups, shape: &[usize]| -> Result<_> {
        Ok((ConvSpec { groups, ..ConvSpec::<1>::default() }, Tensor::<f32>::zeros(shape)?))
    };
    assert!(Device::<1>::deal(&[]).is_err());
    assert!(Device::deal(&[layer(2, &[3, 2, 3])?]).is_err());
    assert!(Device::deal(&[layer(2, &[4, 2, 3])?, layer(1, &[4, 4, 3])?]).is_err());
    let devices = Device::deal(&[layer(2, &[4, 2, 3])?])?;
    for shape in [&[][..], &[4], &[1, 3, 5], &[0, 4, 5], &[1, 6, 5], &[1, 4, 2]] {
        let e = run_on_devices(&Grouped, &devices, &Tensor::zeros(shape)?).expect_err("no input for it").to_string();
        assert!(e.contains("expected") && !e.contains('\n'), "{shape:?}: {e}");
    }
    Ok(())
}
