//! The smallest network that a shuffle makes a difference to, and a task that needs it.

use ch02_im2col::Fused;
use ch08_shuffle::{channel_shuffle, reach};
use unrolled::optim::Adam;
use unrolled::{ConvSpec, Real, Result, Tensor, Var, conv, init, nn, say};

/// Two grouped 1 × 1 convolutions, as many channels behind as before, with or without a shuffle between them.
#[derive(Clone, Copy)]
pub struct TwoLayers {
    pub channels: usize,
    pub groups: usize,
    pub shuffled: bool,
}

impl TwoLayers {
    // ANCHOR: layers
    pub fn weight_shape(&self) -> [usize; 4] {
        [self.channels, self.channels / self.groups, 1, 1]
    }

    pub fn forward<T: Real>(&self, weights: &[Var<Tensor<T>>; 2], x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
        let spec = ConvSpec { groups: self.groups, ..ConvSpec::<2>::default() };
        let mut y = conv(&Fused, &spec, x, &weights[0], None)?;
        if self.shuffled {
            y = channel_shuffle(&y, self.groups)?;
        }
        conv(&Fused, &spec, &y, &weights[1], None)
    }

    /// Which inputs each output sees. With weights of one, nothing can cancel.
    pub fn reach(&self) -> Result<Vec<Vec<bool>>> {
        let ones = Var::constant(Tensor::full(&self.weight_shape(), 1.0)?);
        let weights = [ones.clone(), ones];
        reach(&Tensor::full(&[1, self.channels, 1, 1], 1.0)?, |x| self.forward(&weights, x))
    }
    // ANCHOR_END: layers

    /// Learns that each output shall be the sum of all inputs, and gives the loss after 0, `every`, 2 `every`, ...
    /// steps.
    ///
    /// Image c of the batch is 1 in channel c, and 0 in all others: what comes out is the network's matrix itself,
    /// and it shall be all ones.
    // ANCHOR: task
    fn losses(&self, steps: usize, every: usize) -> Result<Vec<f64>> {
        let c = self.channels;
        let x = Var::constant(Tensor::from_fn(&[c, c, 1, 1], |i| if i / c == i % c { 1.0 } else { 0.0 })?);
        let ones = Var::constant(Tensor::full(&[c, c, 1, 1], 1.0)?);
        let mut rng = init::rng(8);
        let mut weight = || Ok(Var::parameter(init::weight(&self.weight_shape(), &mut rng)?));
        let weights = [weight()?, weight()?];
        let mut adam = Adam::new(weights.to_vec(), 0.05)?;
        let mut losses = Vec::new();
        for step in 0..=steps {
            let off = nn::sub(&self.forward(&weights, &x)?, &ones)?;
            let loss = nn::mean(&nn::mul(&off, &off)?)?;
            if step % every == 0 {
                losses.push(loss.value().data()[0]);
            }
            adam.zero_grad();
            loss.backward()?;
            adam.step()?;
        }
        Ok(losses)
    }
    // ANCHOR_END: task
}

pub fn learn() -> Result<()> {
    const EVERY: usize = 20;
    let without = TwoLayers { channels: 9, groups: 3, shuffled: false };
    let losses = without.losses(6 * EVERY, EVERY)?;
    let shuffled = TwoLayers { shuffled: true, ..without }.losses(6 * EVERY, EVERY)?;
    say!("A task for both: each of the 9 outputs shall be the sum of all 9 inputs. The mean squared error,");
    say!("from the same first weights:\n");
    say!("step  no shuffle  shuffle");
    for (i, (without, with)) in losses.iter().zip(&shuffled).enumerate() {
        say!("{:4}  {without:10.3}  {with:7.3}", i * EVERY);
    }
    let unseen = without.reach()?.concat().iter().filter(|&&seen| !seen).count();
    say!("\nNo training helps where there is no path: {unseen} of 81 pairs stay at an error of 1, and the mean");
    say!("at {:.3}.\n", unseen as f64 / 81.0);
    Ok(())
}
