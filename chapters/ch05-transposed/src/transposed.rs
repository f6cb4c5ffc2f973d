//! Any convolution, run from its output to its input.

use unrolled::conv::{axis_names, volume};
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Result, Value};

/// The transposed convolution, by any algorithm for the dense one.
///
/// Input `[N, C, ...]`, weight `[C, K/groups, ...]`, output `[N, K, ...]`: the weight has the layout that the dense
/// convolution from K to C channels has it in, and stride, padding and dilation are those of that convolution too.
/// Along each axis the output has
///
/// (in − 1) stride − 2 padding + dilation (kernel − 1) + 1 + output_padding
///
/// positions. So the stride makes the map larger, and padding crops the result.
///
/// Each pass costs what the dense convolution costs.
///
/// ```
/// use ch01_naive::Naive;
/// use ch05_transposed::Transposed;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // Each input stamps the kernel; where two stamps overlap, they add up.
/// let spec = ConvSpec { stride: [2], ..ConvSpec::default() };
/// let x: Tensor = Tensor::new(&[1, 1, 3], vec![1.0, 2.0, 3.0])?;
/// let w = Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?;
/// let y = Transposed::new(Naive).forward(&spec, &x, &w)?;
/// assert_eq!(y.data(), [1.0, 10.0, 102.0, 20.0, 203.0, 30.0, 300.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transposed<A, const D: usize> {
    /// The dense convolution.
    pub algorithm: A,
    /// Which output size comes back, along each axis; less than the stride.
    ///
    /// It pads nothing. The dense convolution rounds down, so that it brings `stride` different sizes to the same
    /// one. From there, 0 leads back to the smallest of them, and `stride` − 1 to the largest.
    pub output_padding: [usize; D],
}

impl<A, const D: usize> Transposed<A, D> {
    /// The transpose of this algorithm, with the smallest output that there is.
    pub fn new(algorithm: A) -> Self {
        Self { algorithm, output_padding: [0; D] }
    }

    /// Output size along each axis: (in − 1) stride − 2 padding + dilation (kernel − 1) + 1 + output_padding.
    ///
    /// ```
    /// use ch05_transposed::Transposed;
    /// use unrolled::ConvSpec;
    ///
    /// // A kernel of 3 at stride 2 brings 7 and 8 to 4. Both ways back:
    /// let spec = ConvSpec { stride: [2], padding: [1], ..ConvSpec::default() };
    /// assert_eq!((spec.output_size([7], [3])?, spec.output_size([8], [3])?), ([4], [4]));
    /// for (output_padding, size) in [([0], [7]), ([1], [8])] {
    ///     assert_eq!(Transposed { algorithm: (), output_padding }.output_size(&spec, [4], [3])?, size);
    /// }
    /// # Ok::<(), unrolled::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the specification is invalid, input or kernel is empty, an output_padding isn't less than the stride, the
    /// padding crops all there is, or a size overflows.
    pub fn output_size(&self, spec: &ConvSpec<D>, input: [usize; D], kernel: [usize; D]) -> Result<[usize; D]> {
        let ConvSpec { stride, padding, dilation, groups } = *spec;
        ConvSpec::new(stride, padding, dilation, groups)?;
        let mut output = [0; D];
        for (axis, name) in axis_names::<D>().into_iter().enumerate() {
            let (size, taps) = (input[axis], kernel[axis]);
            for (what, size) in [("input", size), ("kernel", taps)] {
                if size == 0 {
                    return Err(Error::argument(format!("{what} along {name}"), 0, "at least 1"));
                }
            }
            self.check_output_padding(spec, axis, size)?;
            // ANCHOR: size
            let uncropped = || {
                let reach = (taps - 1).checked_mul(dilation[axis])?.checked_add(1)?;
                (size - 1).checked_mul(stride[axis])?.checked_add(reach)?.checked_add(self.output_padding[axis])
            };
            let uncropped = uncropped().ok_or_else(|| {
                let expected = "an (input, stride, dilation, kernel) whose output size doesn't overflow";
                Error::argument(format!("sizes along {name}"), (size, stride[axis], dilation[axis], taps), expected)
            })?;
            let most = (uncropped - 1) / 2;
            if padding[axis] > most {
                let expected = format!("at most {most}: here it crops, and of {uncropped} positions nothing is left");
                return Err(Error::argument(format!("padding along {name}"), padding[axis], expected));
            }
            output[axis] = uncropped - 2 * padding[axis];
            // ANCHOR_END: size
        }
        Ok(output)
    }

    fn check_output_padding(&self, spec: &ConvSpec<D>, axis: usize, input: usize) -> Result<()> {
        let (chosen, stride, dilation) = (self.output_padding[axis], spec.stride[axis], spec.dilation[axis]);
        if chosen < stride {
            return Ok(());
        }
        let limit = match chosen < dilation {
            true => format!("stride = {stride} (or conv_transpose, which takes all below dilation = {dilation})"),
            false if dilation > stride => format!("stride = {stride} or dilation = {dilation}"),
            false => format!("stride = {stride}"),
        };
        let meaning = format!(
            "it pads nothing; stride {stride} brings {stride} size(s) to {input}, and it chooses which comes back"
        );
        let name = format!("output_padding along {}", axis_names::<D>()[axis]);
        Err(Error::argument(name, chosen, format!("less than {limit}: {meaning}")))
    }

    /// Checks an input `[N, C, ...]` and a weight `[C, K/groups, ...]` against each other, and gives the dense
    /// convolution behind this one. What is its input is our output, and what is its output our input.
    ///
    /// # Errors
    /// If a rank is wrong, channels don't fit the groups or each other, or as [`Transposed::output_size`].
    pub fn dense(&self, spec: &ConvSpec<D>, input: &[usize], weight: &[usize]) -> Result<ConvShape<D>> {
        let rank = |name, shape: &[usize], layout| match shape.len() == D + 2 {
            true => Ok(()),
            false => Err(Error::argument(name, shape, format!("{} axes: {layout} and {D} spatial", D + 2))),
        };
        rank("input", input, "[N, C]")?;
        rank("weight", weight, "[C, K/groups]")?;
        let at = |shape: &[usize]| std::array::from_fn(|axis| shape[axis + 2]);
        let output = self.output_size(spec, at(input), at(weight))?;

        let (c, groups) = (input[1], spec.groups);
        if c == 0 || c % groups != 0 {
            return Err(Error::argument("input channels", c, format!("a multiple of groups = {groups}, and not 0")));
        }
        if weight[0] != c {
            let expected =
                format!("{c} on axis 0, the channels of the input (a transposed weight is [C, K/groups, ...])");
            return Err(Error::argument("weight", weight, expected));
        }
        if weight[1] == 0 {
            return Err(Error::argument("weight", weight, "at least one output channel on axis 1"));
        }
        let fits = |name, dims: &[usize]| match volume(dims) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::argument(name, dims, "a shape whose product doesn't overflow")),
        };
        fits("input", input)?;
        fits("weight", weight)?;
        let (k, kernel) = (c / groups, at(weight));
        let shape = ConvShape { spec: *spec, n: input[0], c: weight[1], k, input: output, kernel, output: at(input) };
        fits("output", &shape.input_shape())?;
        debug_assert_eq!(spec.resolve(&shape.input_shape(), weight).as_ref(), Ok(&shape));
        Ok(shape)
    }

    /// [`Transposed::dense`], and checks a gradient of the output against the result.
    fn dense_grad(&self, spec: &ConvSpec<D>, input: &[usize], weight: &[usize], grad: &[usize]) -> Result<()> {
        let output = self.dense(spec, input, weight)?.input_shape();
        if grad != output {
            return Err(Error::argument("grad", grad, format!("the output's shape, {output:?}")));
        }
        Ok(())
    }
}

// ANCHOR: transposed
impl<V: Value, const D: usize, A: Convolution<V, D>> Convolution<V, D> for Transposed<A, D> {
    /// y = Wᵀ x.
    fn forward(&self, spec: &ConvSpec<D>, input: &V, weight: &V) -> Result<V> {
        let output_shape = self.dense(spec, input.shape(), weight.shape())?.input_shape();
        self.algorithm.grad_input(spec, &output_shape, weight, input)
    }

    /// dx = W dy.
    fn grad_input(&self, spec: &ConvSpec<D>, input_shape: &[usize], weight: &V, grad: &V) -> Result<V> {
        self.dense_grad(spec, input_shape, weight.shape(), grad.shape())?;
        self.algorithm.forward(spec, grad, weight)
    }

    /// ⟨dy, Wᵀ x⟩ = ⟨W dy, x⟩: to the dense convolution, dy is the input, and x the gradient.
    fn grad_weight(&self, spec: &ConvSpec<D>, input: &V, weight_shape: &[usize], grad: &V) -> Result<V> {
        self.dense_grad(spec, input.shape(), weight_shape, grad.shape())?;
        self.algorithm.grad_weight(spec, grad, weight_shape, input)
    }
}
// ANCHOR_END: transposed
