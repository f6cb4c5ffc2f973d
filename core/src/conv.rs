//! One contract for every convolution: where a kernel lands ([`ConvSpec`]), what an algorithm
//! computes ([`Convolution`]), and the differentiable operation made of it ([`conv`]).
//!
//! The letters, here and in the whole book: image n, group g, output channel k, input channel c,
//! output position (z, y, x), kernel tap (q, r, s). Inputs are `[N, C, H, W]`, weights
//! `[K, C/groups, R, S]`, outputs `[N, K, Y, X]`; in 3D with a depth axis before the height.
//!
//! "Convolution" means what every deep-learning library means by it, cross-correlation: the kernel
//! isn't flipped.

use crate::error::{Error, Result};
use crate::var::{Value, Var};
use std::rc::Rc;

/// Where a kernel lands on its input. `D` = 1, 2 or 3 spatial dimensions; axes in the order of the
/// tensor (height, then width).
///
/// ```
/// use unrolled::ConvSpec;
///
/// let same = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
/// assert_eq!(same.output_size([28, 28], [3, 3])?, [28, 28]);
///
/// let e = ConvSpec::new([1, 0], [0, 0], [1, 1], 1).unwrap_err();
/// assert_eq!(e.to_string(), "stride along width: got 0, expected at least 1");
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConvSpec<const D: usize> {
    /// Steps of the kernel over the input, at least 1.
    pub stride: [usize; D],
    /// Zeros put before and behind the input.
    pub padding: [usize; D],
    /// Distance between neighbouring taps, at least 1; 1 means no holes.
    pub dilation: [usize; D],
    /// Channels fall into this many groups; each output channel sees the inputs of its own group.
    pub groups: usize,
}

impl<const D: usize> Default for ConvSpec<D> {
    /// Stride 1, no padding, dilation 1, one group.
    fn default() -> Self {
        Self { stride: [1; D], padding: [0; D], dilation: [1; D], groups: 1 }
    }
}

/// The names of the spatial axes of a `D`-dimensional convolution, in the tensor's order.
pub fn axis_names<const D: usize>() -> [&'static str; D] {
    const { assert!(D >= 1 && D <= 3, "convolutions have 1, 2 or 3 spatial dimensions") };
    std::array::from_fn(|axis| ["depth", "height", "width"][3 - D + axis])
}

impl<const D: usize> ConvSpec<D> {
    /// A checked specification.
    ///
    /// # Errors
    /// If a stride, a dilation or `groups` is zero.
    pub fn new(stride: [usize; D], padding: [usize; D], dilation: [usize; D], groups: usize) -> Result<Self> {
        let spec = Self { stride, padding, dilation, groups };
        spec.check()?;
        Ok(spec)
    }

    fn check(&self) -> Result<()> {
        for (axis, name) in axis_names::<D>().into_iter().enumerate() {
            for (what, value) in [("stride", self.stride[axis]), ("dilation", self.dilation[axis])] {
                if value == 0 {
                    return Err(Error::argument(format!("{what} along {name}"), 0, "at least 1"));
                }
            }
        }
        if self.groups == 0 {
            return Err(Error::argument("groups", 0, "at least 1"));
        }
        Ok(())
    }

    /// Output size along each axis: floor((in + 2 padding − dilation (kernel − 1) − 1) / stride) + 1.
    ///
    /// # Errors
    /// If the specification is invalid, input or kernel is empty, the kernel larger than the padded input, or a size overflows.
    pub fn output_size(&self, input: [usize; D], kernel: [usize; D]) -> Result<[usize; D]> {
        self.check()?;
        let mut output = [0; D];
        for (axis, name) in axis_names::<D>().into_iter().enumerate() {
            let (size, taps, padding, dilation) = (input[axis], kernel[axis], self.padding[axis], self.dilation[axis]);
            if size == 0 {
                return Err(Error::argument(format!("input along {name}"), 0, "at least 1"));
            }
            if taps == 0 {
                return Err(Error::argument(format!("kernel along {name}"), 0, "at least 1"));
            }
            let too_large = || {
                Error::argument(
                    format!("sizes along {name}"),
                    (size, padding, dilation, taps),
                    "an (input, padding, dilation, kernel) that doesn't overflow",
                )
            };
            let padded = padding.checked_mul(2).and_then(|p| p.checked_add(size)).ok_or_else(too_large)?;
            let reach = (taps - 1).checked_mul(dilation).and_then(|r| r.checked_add(1)).ok_or_else(too_large)?;
            if reach > padded {
                let got = format_args!("{taps} taps at dilation {dilation}, which reach over {reach}").to_string();
                let expected = format!("at most {padded} (an input of {size} padded by {padding} on both sides)");
                return Err(Error::Argument { name: format!("kernel along {name}"), got, expected });
            }
            output[axis] = (padded - reach) / self.stride[axis] + 1;
        }
        Ok(output)
    }

    /// Checks an input `[N, C, ...]` and a weight `[K, C/groups, ...]` against each other, and
    /// gives every size by its name. Each algorithm begins with this call.
    ///
    /// # Errors
    /// If a rank is wrong, channels don't fit the groups or each other, or as [`ConvSpec::output_size`].
    pub fn resolve(&self, input: &[usize], weight: &[usize]) -> Result<ConvShape<D>> {
        self.check()?;
        let rank = |name, shape: &[usize], layout| match shape.len() == D + 2 {
            true => Ok(()),
            false => Err(Error::argument(name, shape, format!("{} axes: {layout} and {D} spatial", D + 2))),
        };
        rank("input", input, "[N, C]")?;
        rank("weight", weight, "[K, C/groups]")?;
        let (groups, c, k) = (self.groups, input[1], weight[0]);
        if c == 0 || c % groups != 0 {
            return Err(Error::argument("input channels", c, format!("a multiple of groups = {groups}, and not 0")));
        }
        if k == 0 || k % groups != 0 {
            return Err(Error::argument("output channels", k, format!("a multiple of groups = {groups}, and not 0")));
        }
        if weight[1] != c / groups {
            let expected = format!("{} input channels (the input has {c}, in {groups} group(s))", c / groups);
            return Err(Error::argument("weight", weight, expected));
        }
        let size: [usize; D] = std::array::from_fn(|axis| input[axis + 2]);
        let kernel: [usize; D] = std::array::from_fn(|axis| weight[axis + 2]);
        let output = self.output_size(size, kernel)?;
        let shape = ConvShape { spec: *self, n: input[0], c: c / groups, k: k / groups, input: size, kernel, output };
        for (name, dims) in [("input", input), ("weight", weight), ("output", &shape.output_shape())] {
            volume(dims).map_err(|_| Error::argument(name, dims, "a shape whose product doesn't overflow"))?;
        }
        Ok(shape)
    }

    /// [`ConvSpec::resolve`], and checks a gradient of the output against the result.
    ///
    /// # Errors
    /// As `resolve`, and if `grad` hasn't the output's shape.
    pub fn resolve_grad(&self, input: &[usize], weight: &[usize], grad: &[usize]) -> Result<ConvShape<D>> {
        let shape = self.resolve(input, weight)?;
        if grad != shape.output_shape() {
            return Err(Error::argument("grad", grad, format!("the output's shape, {:?}", shape.output_shape())));
        }
        Ok(shape)
    }
}

/// The number of elements of a shape.
///
/// # Errors
/// If the product overflows what a machine can address.
pub fn volume(shape: &[usize]) -> Result<usize> {
    // Zeros don't excuse the other axes: [0, huge, huge] would overflow as strides.
    let product =
        shape.iter().try_fold(1usize, |p, &n| p.checked_mul(n.max(1))).filter(|&p| p <= isize::MAX as usize / 8);
    match product {
        Some(_) if shape.contains(&0) => Ok(0),
        Some(p) => Ok(p),
        None => Err(Error::argument("shape", shape, "a product of at most 2⁶⁰ elements")),
    }
}

/// A convolution with every size known and checked: what [`ConvSpec::resolve`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConvShape<const D: usize> {
    /// Stride, padding, dilation and groups.
    pub spec: ConvSpec<D>,
    /// Images in the batch; may be 0.
    pub n: usize,
    /// Input channels *of one group*.
    pub c: usize,
    /// Output channels *of one group*.
    pub k: usize,
    /// Spatial size of the input.
    pub input: [usize; D],
    /// Spatial size of the kernel.
    pub kernel: [usize; D],
    /// Spatial size of the output.
    pub output: [usize; D],
}

impl<const D: usize> ConvShape<D> {
    fn shape(a: usize, b: usize, spatial: [usize; D]) -> Vec<usize> {
        [a, b].into_iter().chain(spatial).collect()
    }

    /// `[N, C, ...]`.
    pub fn input_shape(&self) -> Vec<usize> {
        Self::shape(self.n, self.spec.groups * self.c, self.input)
    }

    /// `[K, C/groups, ...]`.
    pub fn weight_shape(&self) -> Vec<usize> {
        Self::shape(self.spec.groups * self.k, self.c, self.kernel)
    }

    /// `[N, K, ...]`.
    pub fn output_shape(&self) -> Vec<usize> {
        Self::shape(self.n, self.spec.groups * self.k, self.output)
    }

    /// Positions of one input channel, H W.
    pub fn positions_in(&self) -> usize {
        self.input.iter().product()
    }

    /// Positions of one output channel, Y X.
    pub fn positions_out(&self) -> usize {
        self.output.iter().product()
    }

    /// Weights that meet in one output: C/groups R S, the height of the column matrix.
    pub fn taps(&self) -> usize {
        self.c * self.kernel.iter().product::<usize>()
    }

    /// Floating-point operations of one pass: a multiplication and an addition for each weight at
    /// each place it lands, zeros of the padding counted.
    pub fn flops(&self) -> f64 {
        2.0 * (self.n * self.spec.groups * self.k) as f64 * self.positions_out() as f64 * self.taps() as f64
    }

    /// The same convolution in three dimensions, with axes of size 1 put in front: one
    /// implementation in 3D serves every `D`, and the elements in memory are the same.
    pub fn lift(&self) -> ConvShape<3> {
        let ConvSpec { stride, padding, dilation, groups } = self.spec;
        let lift = |axes: [usize; D], fill| std::array::from_fn(|i| if i < 3 - D { fill } else { axes[i + D - 3] });
        ConvShape {
            spec: ConvSpec { stride: lift(stride, 1), padding: lift(padding, 0), dilation: lift(dilation, 1), groups },
            n: self.n,
            c: self.c,
            k: self.k,
            input: lift(self.input, 1),
            kernel: lift(self.kernel, 1),
            output: lift(self.output, 1),
        }
    }
}

/// One way to compute a convolution, and its two adjoints. Each chapter of the book is one of these.
///
/// A convolution y = conv(x, w) is bilinear, so for any gradient dy of its output the three numbers
/// ⟨dy, conv(x, w)⟩ = ⟨grad_input(w, dy), x⟩ = ⟨grad_weight(x, dy), w⟩ are equal; that identity
/// defines the two gradients.
///
/// Every method refuses shapes that [`ConvSpec::resolve`] refuses, and what the algorithm isn't for.
#[allow(clippy::missing_errors_doc)] // said once, above
pub trait Convolution<V, const D: usize> {
    /// The output `[N, K, ...]` for an input `[N, C, ...]` and a weight `[K, C/groups, ...]`.
    fn forward(&self, spec: &ConvSpec<D>, input: &V, weight: &V) -> Result<V>;

    /// The gradient of the input, from the gradient `grad` of the output.
    fn grad_input(&self, spec: &ConvSpec<D>, input_shape: &[usize], weight: &V, grad: &V) -> Result<V>;

    /// The gradient of the weight, from the gradient `grad` of the output.
    fn grad_weight(&self, spec: &ConvSpec<D>, input: &V, weight_shape: &[usize], grad: &V) -> Result<V>;
}

/// An algorithm behind an `Rc` is an algorithm: `Rc<dyn Convolution<V, D>>` is one chosen at run time.
impl<V, const D: usize, A: Convolution<V, D> + ?Sized> Convolution<V, D> for Rc<A> {
    fn forward(&self, spec: &ConvSpec<D>, input: &V, weight: &V) -> Result<V> {
        (**self).forward(spec, input, weight)
    }
    fn grad_input(&self, spec: &ConvSpec<D>, input_shape: &[usize], weight: &V, grad: &V) -> Result<V> {
        (**self).grad_input(spec, input_shape, weight, grad)
    }
    fn grad_weight(&self, spec: &ConvSpec<D>, input: &V, weight_shape: &[usize], grad: &V) -> Result<V> {
        (**self).grad_weight(spec, input, weight_shape, grad)
    }
}

/// A value that can carry a bias per channel (axis 1).
pub trait ChannelBias: Value {
    /// Adds `bias` `[K]` to every position of its channel of this `[N, K, ...]`.
    ///
    /// # Errors
    /// If `bias` isn't `[K]`.
    fn add_bias(self, bias: &Self) -> Result<Self>;

    /// The adjoint of that addition: the sum over each channel of this `[N, K, ...]`, as `[K]`.
    ///
    /// # Errors
    /// If this has no axis 1.
    fn sum_channels(&self) -> Result<Self>;
}

/// The differentiable convolution, by any algorithm: y = conv(x, w) + b.
///
/// Input `[N, C, ...]`, weight `[K, C/groups, ...]`, bias `[K]`, result `[N, K, ...]`.
///
/// # Errors
/// As [`Convolution`], and if the bias isn't `[K]`.
// ANCHOR: conv
pub fn conv<V, const D: usize, A>(
    algorithm: &A,
    spec: &ConvSpec<D>,
    input: &Var<V>,
    weight: &Var<V>,
    bias: Option<&Var<V>>,
) -> Result<Var<V>>
where
    V: ChannelBias + 'static,
    A: Convolution<V, D> + Clone + 'static,
{
    let (spec, x, w) = (*spec, input.value(), weight.value());
    let mut y = algorithm.forward(&spec, &x, &w)?;
    if let Some(bias) = bias {
        y = y.add_bias(&bias.value())?;
    }

    let mut op = Var::op(y);
    if let Some(bias) = bias {
        op = op.input(bias, |dy| dy.sum_channels());
    }
    let (x_shape, w_shape) = (x.shape().to_vec(), w.shape().to_vec());
    let a = algorithm.clone();
    op = op.input(weight, move |dy| a.grad_weight(&spec, &x, &w_shape, &dy));
    let a = algorithm.clone();
    op = op.input(input, move |dy| a.grad_input(&spec, &x_shape, &w, &dy));
    Ok(op.var())
}
// ANCHOR_END: conv
