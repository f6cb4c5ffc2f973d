//! The ShuffleNet unit.

use crate::{channel_shuffle, concat};
use unrolled::init::{self, Rng};
use unrolled::nn::{self, Pool};
use unrolled::{ConvSpec, Convolution, Error, Real, Result, Tensor, Var, conv};

/// What a [`ShuffleUnit`] leads from and to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitSpec {
    /// Channels of its input: a multiple of `groups`.
    pub inputs: usize,
    /// Channels of its output: a multiple of 4 `groups`; with stride 1 those of the input, with stride 2 more.
    pub outputs: usize,
    /// Groups of both 1 × 1 convolutions, and of the shuffle between them.
    pub groups: usize,
    /// 1, or 2 to halve height and width.
    pub stride: usize,
}

impl UnitSpec {
    fn check(&self) -> Result<()> {
        let Self { inputs, outputs, groups, stride } = *self;
        let multiple = |channels: usize, of: usize| channels > 0 && channels.checked_rem(of) == Some(0);
        if groups == 0 {
            return Err(Error::argument("groups", 0, "at least 1"));
        }
        if !multiple(inputs, groups) {
            let expected = format!("a multiple of groups = {groups}, and not 0");
            return Err(Error::argument("input channels", inputs, expected));
        }
        if !multiple(outputs, groups.saturating_mul(4)) {
            let expected = format!("a multiple of 4 groups = 4 · {groups}, as a quarter of them is grouped, and not 0");
            return Err(Error::argument("output channels", outputs, expected));
        }
        match stride {
            1 if outputs == inputs => Ok(()),
            2 if outputs > inputs => Ok(()),
            1 => Err(Error::argument("output channels", outputs, format!("{inputs}, as the input is added to them"))),
            2 => {
                let expected = format!("more than {inputs}, as the input's are among them");
                Err(Error::argument("output channels", outputs, expected))
            }
            _ => Err(Error::argument("stride", stride, "1 or 2")),
        }
    }

    /// Channels between the two 1 × 1 convolutions.
    pub fn bottleneck(&self) -> usize {
        self.outputs / 4
    }

    /// The shapes of the three weights, of a unit that was checked.
    fn weights(&self) -> [[usize; 4]; 3] {
        let (m, groups) = (self.bottleneck(), self.groups);
        let made = if self.stride == 1 { self.outputs } else { self.outputs - self.inputs };
        [[m, self.inputs / groups, 1, 1], [m, 1, 3, 3], [made, m / groups, 1, 1]]
    }
}

/// The unit that ShuffleNet is made of, with its parameters (Zhang et al. 2018, figure 2).
///
/// ```text
///                                         stride 1                         stride 2
/// x [N, inputs, H, W]
/// grouped 1 × 1, ReLU                     [N, outputs/4, H, W]             the same
/// shuffle                                 [N, outputs/4, H, W]             the same
/// depthwise 3 × 3                         [N, outputs/4, H, W]             [N, outputs/4, ⌈H/2⌉, ⌈W/2⌉]
/// grouped 1 × 1: f(x)                     [N, outputs, H, W]               [N, outputs − inputs, ⌈H/2⌉, ⌈W/2⌉]
/// ReLU of                                 x + f(x)                         the mean of x over 3 × 3, beside f(x)
/// ```
///
/// Behind the 3 × 3 there is no ReLU, as in Chollet, "Xception: Deep Learning with Depthwise Separable
/// Convolutions" (2017). The paper has a batch normalisation behind each convolution, which this book leaves out; a
/// bias stands in its place. And where a network's first unit gets few channels, the paper doesn't group that unit's
/// first convolution; here it is grouped in every unit.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch08_shuffle::{ShuffleUnit, UnitSpec};
/// use unrolled::{Tensor, Var, init};
///
/// let unit = ShuffleUnit::new(UnitSpec { inputs: 6, outputs: 24, groups: 3, stride: 2 }, &mut init::rng(1))?;
/// let x = Var::constant(Tensor::<f32>::full(&[2, 6, 8, 8], 1.0)?);
/// assert_eq!(unit.forward(&Fused, &Fused, &x)?.value().shape(), [2, 24, 4, 4]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug)]
pub struct ShuffleUnit<T: Real> {
    /// Its sizes.
    pub spec: UnitSpec,
    /// Weight and bias of the first 1 × 1, the 3 × 3 and the second 1 × 1 convolution, for an optimiser.
    pub parameters: Vec<Var<Tensor<T>>>,
}

impl<T: Real> ShuffleUnit<T> {
    /// A unit that has learned nothing yet, with PyTorch's default initialisation.
    ///
    /// # Errors
    /// If channels, groups or stride aren't as [`UnitSpec`] says, or there is no memory for so many weights.
    pub fn new(spec: UnitSpec, rng: &mut Rng) -> Result<Self> {
        spec.check()?;
        let mut parameters = Vec::new();
        for shape in spec.weights() {
            let fan_in = shape[1..].iter().product();
            parameters.push(Var::parameter(init::weight(&shape, rng)?));
            parameters.push(Var::parameter(init::bias(shape[0], fan_in, rng)?));
        }
        Ok(Self { spec, parameters })
    }

    /// The unit's output `[N, outputs, ⌈H/stride⌉, ⌈W/stride⌉]` for an input `[N, inputs, H, W]`, by any algorithms for
    /// the grouped and the depthwise convolutions.
    ///
    /// # Errors
    /// If the input has another shape, the parameters aren't those of [`ShuffleUnit::new`], or an algorithm refuses
    /// its convolution.
    pub fn forward<A, B>(&self, grouped: &A, depthwise: &B, x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>>
    where
        A: Convolution<Tensor<T>, 2> + Clone + 'static,
        B: Convolution<Tensor<T>, 2> + Clone + 'static,
    {
        let [w1, b1, w2, b2, w3, b3] = &self.parameters[..] else {
            return Err(Error::argument("parameters", self.parameters.len(), "6, a weight and a bias three times"));
        };
        // ANCHOR: unit
        let (groups, stride, m) = (self.spec.groups, [self.spec.stride; 2], self.spec.bottleneck());
        let pointwise = ConvSpec { groups, ..ConvSpec::default() };
        let each_channel = ConvSpec { stride, padding: [1, 1], groups: m, ..ConvSpec::default() };

        let y = nn::relu(&conv(grouped, &pointwise, x, w1, Some(b1))?)?;
        let y = channel_shuffle(&y, groups)?;
        let y = conv(depthwise, &each_channel, &y, w2, Some(b2))?;
        let y = conv(grouped, &pointwise, &y, w3, Some(b3))?;
        nn::relu(&match stride {
            [1, 1] => nn::add(x, &y)?,
            _ => concat(&[&nn::avg_pool(&Pool { kernel: [3, 3], stride, padding: [1, 1] }, x)?, &y])?,
        })
        // ANCHOR_END: unit
    }
}
