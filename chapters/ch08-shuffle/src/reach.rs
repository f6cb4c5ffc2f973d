//! Which channels an output sees.

use unrolled::{Result, Tensor, Var};

/// For each output channel k of a network, and each channel c of its `input` `[N, C, ...]`: whether c reaches k.
///
/// Found by asking for the gradient of one output channel after the other. Where no path leads from c to k, it is
/// zero in all of c. (Where one does, it may still be zero by chance; with a network whose weights are all above 0 and
/// that has no ReLU, never.) Takes a forward and a backward pass for each output channel.
///
/// ```
/// use ch08_shuffle::{channel_shuffle, reach};
/// use unrolled::Tensor;
///
/// let seen = reach(&Tensor::full(&[1, 4], 1.0)?, |x| channel_shuffle(x, 2))?;
/// assert_eq!(seen[1], [false, false, true, false]); // output 1 is input 2
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If the network refuses the input, if its result has no channels or doesn't depend on a parameter or the input.
// ANCHOR: reach
pub fn reach(input: &Tensor, network: impl Fn(&Var<Tensor>) -> Result<Var<Tensor>>) -> Result<Vec<Vec<bool>>> {
    let (channels, positions) = input.channels()?;
    let outputs = network(&Var::constant(input.clone()))?.value().channels()?.0;
    let seen_by = |k: usize| {
        let x = Var::parameter(input.clone());
        let y = network(&x)?;
        y.backward_from(one_channel(&y.value(), k)?)?;
        let mut seen = vec![false; channels];
        for (i, &slope) in x.grad().iter().flat_map(Tensor::data).enumerate() {
            seen[i / positions % channels] |= slope != 0.0;
        }
        Ok(seen)
    };
    (0..outputs).map(seen_by).collect()
}
// ANCHOR_END: reach

/// Ones in channel k of `[N, K, ...]`, and zeros elsewhere.
fn one_channel(like: &Tensor, k: usize) -> Result<Tensor> {
    let (channels, positions) = like.channels()?;
    Tensor::from_fn(like.shape(), |i| if i / positions % channels == k { 1.0 } else { 0.0 })
}
