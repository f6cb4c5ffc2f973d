//! Groups as they came into the world: AlexNet on two devices.

use crate::same;
use ch02_im2col::Fused;
use ch07_grouped::{Device, Grouped, cost, run_on_devices};
use unrolled::text::thousands;
use unrolled::{ConvSpec, Convolution, Result, Tensor, say};

/// A layer of AlexNet.
struct Layer {
    name: &'static str,
    spec: ConvSpec<2>,
    input: [usize; 4],
    outputs: usize,
    kernel: usize,
}

/// Its five convolutions.
fn alexnet() -> [Layer; 5] {
    let layer = |name, stride, padding, groups, [channels, size]: [usize; 2], outputs, kernel| {
        let spec = ConvSpec { stride: [stride; 2], padding: [padding; 2], groups, ..ConvSpec::default() };
        Layer { name, spec, input: [1, channels, size, size], outputs, kernel }
    };
    [
        layer("conv1", 4, 0, 1, [3, 227], 96, 11),
        layer("conv2", 1, 2, 2, [96, 27], 256, 5),
        layer("conv3", 1, 1, 1, [256, 13], 384, 3),
        layer("conv4", 1, 1, 2, [384, 13], 384, 3),
        layer("conv5", 1, 1, 2, [384, 13], 256, 3),
    ]
}

/// Prints its layers, and runs two of them.
pub fn two_devices() -> Result<()> {
    say!("AlexNet (2012) on two devices of 3 GB: each has half of the channels of every layer.\n");
    say!("layer   channels      groups  parameters  without groups  crosses from each device to the other");
    for Layer { name, spec, input, outputs, kernel } in alexnet() {
        let parameters =
            |groups| cost(&ConvSpec { groups, ..spec }, &input, outputs, [kernel; 2]).map(|c| c.parameters);
        let half = input.iter().product::<usize>() / 2;
        let crosses = match (spec.groups, input[1]) {
            (1, 3) => "nothing: the image goes to both".to_owned(),
            (1, channels) => format!("its {} channels, {} numbers", channels / 2, thousands(half as u128)),
            _ => "nothing".to_owned(),
        };
        let (channels, grouped, dense) =
            (format!("{} -> {outputs}", input[1]), parameters(spec.groups)?, parameters(1)?);
        say!(
            "{name}   {channels:12}  {:6}  {:>10}  {:>14}  {crosses}",
            spec.groups,
            thousands(grouped),
            thousands(dense)
        );
    }
    say!("\nconv4 and conv5 with a thread for each device:");
    conv4_and_conv5()
}

// ANCHOR: alexnet
/// Two layers on two devices, and on one machine.
fn conv4_and_conv5() -> Result<()> {
    // Small whole numbers: sums of their products are exact, and equal means equal.
    let numbers = |shape: &[usize]| Tensor::from_fn(shape, |i| (i * 7 % 11 % 3) as f32 - 1.0);
    let layers = [(same(2), numbers(&[384, 192, 3, 3])?), (same(2), numbers(&[256, 192, 3, 3])?)];
    let x = numbers(&[1, 384, 13, 13])?;

    let devices = Device::deal(&layers)?;
    let joined = run_on_devices(&Fused, &devices, &x)?;
    let whole = layers.iter().try_fold(x, |x, (spec, w)| Grouped(Fused).forward(spec, &x, w))?;

    let all: usize = layers.iter().map(|(_, weight)| weight.len()).sum();
    for (i, device) in devices.iter().enumerate() {
        let (own, all) = (thousands(device.weights() as u128), thousands(all as u128));
        say!("  device {i} holds {own} of {all} weights");
        say!("    gets 192 of 384 channels, keeps 192 between the layers, gives back 128 of 256");
    }
    say!("  joined {:?}, the same numbers as from one machine: {}\n", joined.shape(), joined == whole);
    Ok(())
}
// ANCHOR_END: alexnet
