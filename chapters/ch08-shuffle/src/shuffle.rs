//! The shuffle: a permutation of the channels.

use unrolled::{Error, Real, Result, Tensor, Var, parallel};

/// The permutation of C channels in `groups` groups of `width` = C/groups that swaps the two: written row by row
/// as a table `[groups, width]`, the channels are read column by column.
///
/// ```text
/// 0 1 2        0 3
/// 3 4 5   →    1 4    so that 0 1 2 | 3 4 5 becomes 0 3 | 1 4 | 2 5
///              2 5
/// ```
///
/// ```
/// use ch08_shuffle::Shuffle;
///
/// let shuffle = Shuffle::new(6, 2)?;
/// assert!((0..6).map(|k| shuffle.source(k)).eq([0, 3, 1, 4, 2, 5]));
/// assert_eq!(shuffle.inverse(), Shuffle::new(6, 3)?);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shuffle {
    groups: usize,
    width: usize,
}

// ANCHOR: shuffle
impl Shuffle {
    /// The shuffle of this many channels. With one group, or with a channel for each group, nothing moves.
    ///
    /// # Errors
    /// If there are no channels, or `groups` doesn't divide them.
    pub fn new(channels: usize, groups: usize) -> Result<Self> {
        if channels == 0 {
            return Err(Error::argument("channels", 0, "at least 1"));
        }
        match channels.checked_rem(groups) {
            Some(0) => Ok(Self { groups, width: channels / groups }),
            _ => Err(Error::argument("groups", groups, format!("a divisor of the channels, {channels}"))),
        }
    }
    // ANCHOR_END: shuffle

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The channels of a group.
    pub fn width(&self) -> usize {
        self.width
    }

    // ANCHOR: source
    /// The channel that comes to place `k`: place (i, g) of `[width, groups]` takes channel (g, i) of
    /// `[groups, width]`.
    pub fn source(&self, k: usize) -> usize {
        k % self.groups * self.width + k / self.groups
    }

    /// The way back: the shuffle with C/groups groups, as the transpose of a transpose is the table itself.
    pub fn inverse(self) -> Self {
        Self { groups: self.width, width: self.groups }
    }
    // ANCHOR_END: source
}

impl Shuffle {
    // ANCHOR: apply
    /// The channels of `x` `[N, C, ...]` in the new order: one copy of each element, and none where nothing moves.
    ///
    /// # Errors
    /// If `x` hasn't two axes, or not the C channels of this shuffle.
    pub fn apply<T: Real>(self, x: &Tensor<T>) -> Result<Tensor<T>> {
        const GRAIN: usize = 16 * 1024; // elements to a task, at least
        let (channels, positions) = x.channels()?;
        if channels != self.groups * self.width {
            let expected = format!("[N, {}, ...], as the shuffle has them", self.groups * self.width);
            return Err(Error::argument("input", x.shape(), expected));
        }
        if self.groups == 1 || self.width == 1 || x.is_empty() {
            return Ok(x.clone());
        }
        let mut y = Tensor::scratch(x.shape())?;
        let many = GRAIN.div_ceil(positions);
        parallel::chunks_mut(y.data_mut(), many * positions, |task, chunk| {
            for (i, y) in (task * many..).zip(chunk.chunks_exact_mut(positions)) {
                let (n, k) = (i / channels, i % channels);
                y.copy_from_slice(&x.data()[(n * channels + self.source(k)) * positions..][..positions]);
            }
        });
        Ok(y)
    }
    // ANCHOR_END: apply
}

/// Deals the channels of each of `groups` groups out to all groups, differentiably: from `[N, C, ...]` to the same
/// shape, [`Shuffle`]d along axis 1.
///
/// y\[k\] = x\[source(k)\], so dx\[source(k)\] = dy\[k\]: the gradient goes back to where the channel came from. A
/// permutation's adjoint is its inverse.
///
/// ```
/// use ch08_shuffle::channel_shuffle;
/// use unrolled::{Tensor, Var};
///
/// let x = Var::parameter(Tensor::new(&[1, 6], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])?);
/// let y = channel_shuffle(&x, 2)?;
/// assert_eq!(y.value().data(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
/// y.backward_from(y.value())?;
/// assert_eq!(x.grad().unwrap().data(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If `x` hasn't two axes, has no channels, or `groups` doesn't divide them.
// ANCHOR: layer
pub fn channel_shuffle<T: Real>(x: &Var<Tensor<T>>, groups: usize) -> Result<Var<Tensor<T>>> {
    let value = x.value();
    let shuffle = Shuffle::new(value.channels()?.0, groups)?;
    let y = shuffle.apply(&value)?;
    Ok(Var::op(y).input(x, move |dy| shuffle.inverse().apply(&dy)).var())
}
// ANCHOR_END: layer
