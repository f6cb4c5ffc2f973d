//! Convolutions drawn at random, legal by construction.

use crate::conv::{ConvShape, ConvSpec, Convolution};
use crate::error::Result;
use crate::parallel;
use crate::real::Real;
use crate::tensor::Tensor;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestError, TestRng, TestRunner};
use std::array;
use std::ops::RangeInclusive;

/// One convolution, and the seed of its data.
///
/// `Debug` prints it as Rust: a failure can be pasted into a test as it stands.
///
/// ```
/// use unrolled::ConvSpec;
/// use unrolled::testing::Case;
///
/// let shape = ConvSpec::<1>::default().resolve(&[1, 2, 5], &[3, 2, 3])?;
/// let [x, w, dy] = Case { shape, seed: 7 }.integers::<f32>();
/// assert_eq!(x.shape(), [1, 2, 5]);
/// assert_eq!(w.shape(), [3, 2, 3]);
/// assert_eq!(dy.shape(), [1, 3, 3]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case<const D: usize> {
    /// Every size of the convolution.
    pub shape: ConvShape<D>,
    /// What [`Case::integers`] and [`Case::reals`] start from.
    pub seed: u64,
}

impl<const D: usize> Case<D> {
    /// Input, weight and gradient of the output, all of small integers.
    ///
    /// They go up to ±3, or less far where the case is so large that a sum could pass 2²⁴. Up to
    /// there `f32` holds every integer, so sums are exact, in any order.
    pub fn integers<T: Real>(&self) -> [Tensor<T>; 3] {
        let terms = self.shape.flops() / 2.0;
        let most = [3.0, 2.0].into_iter().find(|m: &f64| terms * m.powi(3) < 16_777_216.0).unwrap_or(1.0);
        self.data(|unit| (unit * (2.0 * most + 1.0)).floor() - most)
    }

    /// Input, weight and gradient of the output, spread over -1..1.
    pub fn reals<T: Real>(&self) -> [Tensor<T>; 3] {
        self.data(|unit| 2.0 * unit - 1.0)
    }

    /// The three passes: y, dx and dw from x, w and dy, which [`Case::integers`] and [`Case::reals`] make.
    ///
    /// # Errors
    /// If the algorithm refuses one.
    pub fn passes<V>(&self, algorithm: &dyn Convolution<V, D>, [x, w, dy]: &[V; 3]) -> Result<[V; 3]> {
        let spec = &self.shape.spec;
        Ok([
            algorithm.forward(spec, x, w)?,
            algorithm.grad_input(spec, &self.shape.input_shape(), w, dy)?,
            algorithm.grad_weight(spec, x, &self.shape.weight_shape(), dy)?,
        ])
    }

    /// How many threads there are doesn't change a bit of the three passes: on one, two, three and seven. Sets the
    /// number for the whole process.
    ///
    /// # Errors
    /// If the algorithm refuses a pass.
    ///
    /// # Panics
    /// If a result differs.
    #[track_caller]
    pub fn assert_same_on_any_threads(&self, algorithm: &dyn Convolution<Tensor, D>) -> Result<()> {
        let data = self.reals();
        parallel::set_threads(1)?;
        let one = self.passes(algorithm, &data)?;
        for threads in [2, 3, 7] {
            parallel::set_threads(threads)?;
            assert!(self.passes(algorithm, &data)? == one, "differs on {threads} threads: {self:?}");
        }
        Ok(())
    }

    /// How many products meet in one element of the output, of grad_input and of grad_weight, at most.
    pub(super) fn terms(&self) -> [usize; 3] {
        let (shape, kernel) = (&self.shape, self.shape.kernel.iter().product::<usize>());
        [shape.taps(), shape.k * kernel, shape.n * shape.positions_out()]
    }

    /// Tensors whose elements are `number` of a random number from 0..1.
    fn data<T: Real>(&self, number: impl Fn(f64) -> f64) -> [Tensor<T>; 3] {
        // SplitMix64: short, and the same numbers whatever becomes of the `rand` crate.
        let mut state = self.seed;
        let mut unit = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        };
        [self.shape.input_shape(), self.shape.weight_shape(), self.shape.output_shape()]
            .map(|shape| Tensor::from_fn(&shape, |_| T::of(number(unit()))).expect("the shape was checked"))
    }
}

/// Which convolutions to draw: a range for every quantity, each axis on its own.
///
/// Start from [`Cases::any`], and narrow down to what an algorithm takes.
///
/// ```
/// use unrolled::testing::Cases;
///
/// let winograd = Cases::<2>::any().stride_one().no_dilation().kernel([3, 3]);
/// let depthwise = Cases { channels: 1..=1, groups: 1..=8, ..Cases::<2>::any() };
/// winograd.check(|case| {
///     assert_eq!(case.shape.kernel, [3, 3]);
///     Ok(())
/// });
/// ```
#[derive(Debug, Clone)]
pub struct Cases<const D: usize> {
    /// Images; one case in ten has none where the range begins at 0.
    pub batch: RangeInclusive<usize>,
    /// Groups.
    pub groups: RangeInclusive<usize>,
    /// Channels of a group, input and output each.
    pub channels: RangeInclusive<usize>,
    /// Taps along each axis.
    pub kernel: [RangeInclusive<usize>; D],
    /// Stride along any axis.
    pub stride: RangeInclusive<usize>,
    /// Padding along any axis.
    pub padding: RangeInclusive<usize>,
    /// Dilation along any axis.
    pub dilation: RangeInclusive<usize>,
    /// Input size along any axis; raised where the kernel wouldn't fit.
    pub size: RangeInclusive<usize>,
    /// How many cases a check runs: `PROPTEST_CASES` of the environment, or 256.
    pub count: u32,
    /// Whether the algorithm only adds and multiplies the numbers it is given, so that integers
    /// come out exactly. True unless set otherwise.
    pub exact: bool,
    /// How many times the rounding error of the plain sum is forgiven; 1 unless set otherwise. Above 1, that
    /// of the largest element anywhere.
    /// See [`Cases::assert_agrees`].
    pub tolerance: f64,
}

impl<const D: usize> Cases<D> {
    /// Everything the contract allows, in small: kernels larger and smaller than the stride, padding
    /// larger than the kernel, sizes that the stride doesn't divide.
    pub fn any() -> Self {
        let flat = D < 3;
        Self {
            batch: 0..=3,
            groups: 1..=3,
            channels: 1..=4,
            kernel: array::from_fn(|_| if flat { 1..=5 } else { 1..=3 }),
            stride: 1..=4,
            padding: if flat { 0..=3 } else { 0..=2 },
            dilation: if flat { 1..=3 } else { 1..=2 },
            size: if flat { 1..=12 } else { 1..=5 },
            count: Config::default().cases,
            exact: true,
            tolerance: 1.0,
        }
    }

    /// Only stride 1.
    pub fn stride_one(self) -> Self {
        Self { stride: 1..=1, ..self }
    }

    /// Only dilation 1.
    pub fn no_dilation(self) -> Self {
        Self { dilation: 1..=1, ..self }
    }

    /// Only one group.
    pub fn one_group(self) -> Self {
        Self { groups: 1..=1, ..self }
    }

    /// Only this kernel.
    pub fn kernel(self, taps: [usize; D]) -> Self {
        Self { kernel: taps.map(|t| t..=t), ..self }
    }

    /// The cases as a proptest strategy. They shrink towards one image, one channel, one tap.
    pub fn strategy(&self) -> impl Strategy<Value = Case<D>> + use<D> {
        let batch = match self.batch.clone().into_inner() {
            (0, most @ 1..) => prop_oneof![9 => 1..=most, 1 => Just(0)].boxed(),
            (least, most) => (least..=most).boxed(),
        };
        let axes = self.kernel.clone().map(|kernel| {
            (kernel, self.stride.clone(), self.padding.clone(), self.dilation.clone(), self.size.clone())
        });
        let channels = (self.groups.clone(), self.channels.clone(), self.channels.clone());
        (batch, channels, axes, any::<u64>()).prop_map(|(n, (groups, c, k), axes, seed)| {
            let spec = ConvSpec {
                stride: axes.map(|(_, stride, ..)| stride),
                padding: axes.map(|(_, _, padding, ..)| padding),
                dilation: axes.map(|(.., dilation, _)| dilation),
                groups,
            };
            let kernel = axes.map(|(kernel, ..)| kernel);
            let input = axes.map(|(kernel, _, padding, dilation, size)| {
                let reach = (kernel - 1) * dilation + 1;
                size.max(reach.saturating_sub(2 * padding))
            });
            let output = spec.output_size(input, kernel).expect("the input was made large enough");
            Case { shape: ConvShape { spec, n, c, k, input, kernel, output }, seed }
        })
    }

    /// Runs `check` on [`count`](Self::count) cases, the same ones each time.
    ///
    /// # Panics
    /// If `check` fails on one, with the simplest case found that fails too.
    pub fn check(&self, check: impl Fn(&Case<D>) -> TestCaseResult) {
        let config = Config { cases: self.count, failure_persistence: None, ..Config::default() };
        let rng = TestRng::deterministic_rng(config.rng_algorithm);
        let result = TestRunner::new_with_rng(config, rng).run(&self.strategy(), |case| check(&case));
        match result {
            Ok(()) => {}
            Err(TestError::Fail(reason, case)) => panic!("{reason}\nfor {case:?}"),
            Err(TestError::Abort(reason)) => panic!("{reason}"),
        }
    }
}
