//! What people get wrong, and what it does to a hundred steps of training.

use crate::learn::network;
use crate::mnist;
use ch09_lenet::idx::{Dataset, Split};
use ch09_lenet::train;
use unrolled::nn::{self, Cpu};
use unrolled::optim::{Adam, Sgd};
use unrolled::{Result, Var, init, say};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mistake {
    Nothing,
    NoZeroGrad,
    RawPixels,
    SummedLoss,
    ZeroWeights,
    SortedImages,
}

const MISTAKES: [(&str, Mistake); 6] = [
    ("as it should be", Mistake::Nothing),
    ("zero_grad is forgotten", Mistake::NoZeroGrad),
    ("pixels from 0 to 255", Mistake::RawPixels),
    ("losses are summed, not averaged", Mistake::SummedLoss),
    ("all weights begin at zero", Mistake::ZeroWeights),
    ("images are sorted by their labels", Mistake::SortedImages),
];

/// The mean loss of the last ten of a hundred steps, with a mistake in them.
fn train_with(mistake: Mistake, with_adam: bool, data: &Dataset) -> Result<f32> {
    const BATCH: usize = 16;
    let network = network(1)?;
    if mistake == Mistake::ZeroWeights {
        network.parameters().iter().for_each(|p| p.update(|w| w.data_mut().fill(0.0)));
    }
    let mut order: Vec<usize> = (0..100 * BATCH).collect();
    match mistake {
        Mistake::SortedImages => order.sort_by_key(|&i| data.labels[i]),
        _ => init::shuffle(&mut order, &mut init::rng(2)),
    }
    let mut adam = Adam::new(network.parameters().to_vec(), 0.001)?;
    let mut sgd = Sgd::new(network.parameters().to_vec(), 0.05, 0.9)?;
    // ANCHOR: mistakes
    let mut last = 0.0;
    for (step, indices) in order.chunks(BATCH).enumerate() {
        let (mut images, labels) = train::batch(&Cpu, data, indices)?;
        if mistake == Mistake::RawPixels {
            images = Var::constant(images.value().map(|pixel| 255.0 * pixel));
        }
        let loss = nn::softmax_cross_entropy(&network.forward(&images)?, &labels)?;
        let factor = if mistake == Mistake::SummedLoss { BATCH as f32 } else { 1.0 };
        if mistake != Mistake::NoZeroGrad {
            adam.zero_grad(); // the two have the same parameters
        }
        nn::scale(&loss, factor)?.backward()?;
        if with_adam {
            adam.step()?
        } else {
            sgd.step()?
        }
        last += if step < 90 { 0.0 } else { loss.value().data()[0] / 10.0 };
    }
    Ok(last)
    // ANCHOR_END: mistakes
}

pub fn table() -> Result<()> {
    let data = mnist(Split::Train, 1600)?;
    say!("Mean loss of the last ten of a hundred steps, 16 images each:\n");
    say!("{:35}  Adam   SGD, momentum", "");
    for (name, mistake) in MISTAKES {
        let shown = [true, false].map(|with_adam| {
            train_with(mistake, with_adam, &data)
                .map(|loss| if loss < 10.0 { format!("{loss:.1}") } else { "lost".into() })
        });
        let [adam, sgd] = shown;
        say!("{name:35} {:>5} {:>15}", adam?, sgd?);
    }
    say!("");
    Ok(())
}
