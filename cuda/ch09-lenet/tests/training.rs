//! LeNet learns on the GPU as it does on the CPU.

use ch09_lenet::idx::{self, Dataset, Split};
use ch09_lenet::network::{Algorithm, LeNet};
use ch09_lenet::train;
use cuda_ch09_lenet::Gpu;
use std::path::Path;
use std::rc::Rc;
use unrolled::nn::{Cpu, Device};
use unrolled::optim::Adam;
use unrolled::{ChannelBias, Result, init};

/// The losses of the first steps of training, and the network's parameters behind them.
fn train<V: ChannelBias + 'static, D: Device<V> + Clone>(
    device: D,
    algorithm: Algorithm<V>,
    data: &Dataset,
    batch: usize,
) -> Result<Vec<f64>> {
    let mut rng = init::rng(1);
    let network = LeNet::new(device.clone(), algorithm, &mut rng)?;
    let mut adam = Adam::on(device.clone(), network.parameters().to_vec(), 0.003)?;
    let mut losses = Vec::new();
    train::epoch(&device, |x| network.forward(x), &mut adam, data, batch, &mut rng, |step| losses.push(step.loss))?;
    Ok(losses)
}

/// The same seed, the same images in the same order: the losses of fifty steps are those of the CPU, up to rounding. At three times the usual
/// rate there is something to see in fifty steps.
#[test]
fn losses_follow_the_cpu() -> Result<()> {
    const BATCH: usize = 4;
    const STEPS: usize = 50;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../chapters/ch09-lenet/data");
    let mut data = idx::load(&folder, Split::Test)?;
    data.images.pixels.truncate(BATCH * STEPS * idx::SIDE * idx::SIDE);
    data.labels.truncate(BATCH * STEPS);

    let expected = train(Cpu, Rc::new(ch02_im2col::Fused), &data, BATCH)?;
    let device = Gpu(host::testing::session());
    let got = train(device, Rc::new(cuda_ch02_im2col::Im2col::default()), &data, BATCH)?;
    assert_eq!(got.len(), STEPS);
    for (step, (got, expected)) in got.iter().zip(&expected).enumerate() {
        assert!((got - expected).abs() < 1e-3, "step {step}: a loss of {got}, the CPU has {expected}");
    }
    // It does learn.
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    assert!(mean(&got[40..]) < 0.9 * mean(&got[..10]), "{got:?}");
    Ok(())
}
