//! What the unit costs, beside its relatives.

use std::cell::Cell;
use std::rc::Rc;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

/// Three convolutions at stride 1: 1 × 1 from c channels to m, 3 × 3 from m to m, 1 × 1 back to c.
///
/// Its three kinds differ in what is grouped. Each method gives the number of weights; on maps of height h and width
/// w, each of them is multiplied h w times (Zhang et al. 2018, section 3.1).
///
/// ```
/// use ch08_shuffle::Bottleneck;
///
/// let unit = Bottleneck { c: 240, m: 60, g: 3 };
/// assert_eq!([unit.resnet(), unit.resnext(), unit.shufflenet()], [61_200.0, 39_600.0, 10_140.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bottleneck {
    /// Channels of input and output.
    pub c: usize,
    /// Channels between.
    pub m: usize,
    /// Groups; a divisor of c and m.
    pub g: usize,
}

// ANCHOR: bottleneck
impl Bottleneck {
    fn letters(&self) -> [f64; 3] {
        [self.c, self.m, self.g].map(|n| n as f64)
    }

    /// 2cm + 9m²: nothing is grouped (He et al., "Deep Residual Learning for Image Recognition", 2016).
    pub fn resnet(&self) -> f64 {
        let [c, m, _] = self.letters();
        2.0 * c * m + 9.0 * m * m
    }

    /// 2cm + 9m²/g: the 3 × 3 is (Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", 2017).
    pub fn resnext(&self) -> f64 {
        let [c, m, g] = self.letters();
        2.0 * c * m + 9.0 * m * m / g
    }

    /// 2cm/g + 9m: both 1 × 1 are grouped, and the 3 × 3 is depthwise.
    pub fn shufflenet(&self) -> f64 {
        let [c, m, g] = self.letters();
        2.0 * c * m / g + 9.0 * m
    }
}
// ANCHOR_END: bottleneck

/// An algorithm that counts: how many times its forward passes multiply, those with zeros of the padding included.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch08_shuffle::Counted;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let counted = Counted::new(Fused);
/// let (x, w) = (Tensor::<f32>::zeros(&[1, 2, 6])?, Tensor::zeros(&[5, 2, 3])?);
/// counted.forward(&ConvSpec::<1>::default(), &x, &w)?;
/// assert_eq!(counted.multiplies(), 4.0 * 5.0 * 2.0 * 3.0); // outputs, K, C, taps
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Counted<A> {
    algorithm: A,
    multiplies: Rc<Cell<f64>>,
}

impl<A> Counted<A> {
    /// Counts from 0; clones count together.
    pub fn new(algorithm: A) -> Self {
        Self { algorithm, multiplies: Rc::default() }
    }

    /// The multiplications so far.
    pub fn multiplies(&self) -> f64 {
        self.multiplies.get()
    }
}

impl<A, T: Real, const D: usize> Convolution<Tensor<T>, D> for Counted<A>
where
    A: Convolution<Tensor<T>, D>,
{
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        self.multiplies.set(self.multiplies.get() + shape.flops() / 2.0);
        self.algorithm.forward(spec, input, weight)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        self.algorithm.grad_input(spec, input_shape, weight, grad)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        self.algorithm.grad_weight(spec, input, weight_shape, grad)
    }
}
