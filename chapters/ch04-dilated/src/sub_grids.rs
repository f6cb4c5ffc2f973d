//! Space to batch, and back.

use std::array;
use std::ops::Range;
use unrolled::{ConvShape, ConvSpec, Error, Real, Result, Tensor, parallel};

/// A tensor `[N, C, ...]` as the sub-grids of a dilated convolution: `[N · phases, C, ...]`, the phases of one image
/// next to each other.
///
/// Along an axis of dilation d, the sub-grid of phase a has every d-th position of the zero-padded tensor, from a on:
/// a, a + d, a + 2d, ... There are d of them, or fewer where there are fewer outputs. All have the same number of
/// positions; what lies outside of the tensor is zero.
///
/// ```
/// use ch04_dilated::SubGrids;
/// use unrolled::{ConvSpec, Tensor};
///
/// // Two taps at dilation 2 on seven inputs: five outputs, y[i] from x[i] and x[i + 2].
/// let spec = ConvSpec { dilation: [2], ..ConvSpec::<1>::default() };
/// let shape = spec.resolve(&[1, 1, 7], &[1, 1, 2])?;
/// let x: Tensor = Tensor::from_fn(&[1, 1, 7], |i| 10.0 + i as f32)?;
/// let (input, _) = SubGrids::of(&shape)?;
/// let parts = input.gather(&x)?;
/// assert_eq!(parts.shape(), [2, 1, 4]);
/// assert_eq!(parts.data(), [10.0, 12.0, 14.0, 16.0, 11.0, 13.0, 15.0, 0.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubGrids<const D: usize> {
    images: usize,
    channels: usize,
    /// Positions of the tensor along each axis. Three axes serve every `D`, as in [`ConvShape::lift`].
    size: [usize; 3],
    /// Zeros before the tensor.
    padding: [usize; 3],
    dilation: [usize; 3],
    /// Sub-grids along each axis.
    phases: [usize; 3],
    /// Positions of a sub-grid along each axis.
    count: [usize; 3],
}

/// One axis of a tensor and of its [`SubGrids`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// Positions of the tensor.
    pub size: usize,
    /// Zeros before it.
    pub padding: usize,
    /// From a position of a sub-grid to its next, in the padded tensor.
    pub dilation: usize,
    /// Sub-grids.
    pub phases: usize,
    /// Positions of a sub-grid.
    pub count: usize,
}

/// Elements that one task copies, at least: enough to outweigh its hand-over.
const GRAIN: usize = 16 * 1024;

// ANCHOR: sizes
impl<const D: usize> SubGrids<D> {
    /// Those of the input and of the output of a convolution of stride 1.
    ///
    /// A phase has ⌈outputs / dilation⌉ outputs along each axis, and reads kernel − 1 inputs more.
    ///
    /// # Errors
    /// If a stride isn't 1.
    pub fn of(shape: &ConvShape<D>) -> Result<(Self, Self)> {
        let s = shape.lift();
        let ConvSpec { stride, padding, dilation, groups } = s.spec;
        if stride != [1; 3] {
            let expected = "1 along every axis: with a stride the sub-grids of input and output no longer pair up, phase by \
                            phase (Im2col and Fused take stride and dilation together)";
            return Err(Error::argument("stride of a dilated convolution", shape.spec.stride, expected));
        }
        let phases = array::from_fn(|axis| dilation[axis].min(s.output[axis]));
        let outputs: [usize; 3] = array::from_fn(|axis| s.output[axis].div_ceil(dilation[axis]));
        let inputs = array::from_fn(|axis| outputs[axis] + s.kernel[axis] - 1);
        let (c, k, images) = (groups * s.c, groups * s.k, s.n);
        Ok((
            Self { images, channels: c, size: s.input, padding, dilation, phases, count: inputs },
            Self { images, channels: k, size: s.output, padding: [0; 3], dilation, phases, count: outputs },
        ))
    }
    // ANCHOR_END: sizes

    /// The shape of the tensor, `[N, C, ...]`.
    pub fn whole_shape(&self) -> Vec<usize> {
        [&[self.images, self.channels], &self.size[3 - D..]].concat()
    }

    /// The shape of its sub-grids, `[N · phases, C, ...]`.
    pub fn parts_shape(&self) -> Vec<usize> {
        let images = self.images * self.phases.iter().product::<usize>();
        [&[images, self.channels], &self.count[3 - D..]].concat()
    }

    /// Depth, height and width. Those that the tensor doesn't have are of size 1.
    pub fn axes(&self) -> [Axis; 3] {
        array::from_fn(|axis| Axis {
            size: self.size[axis],
            padding: self.padding[axis],
            dilation: self.dilation[axis],
            phases: self.phases[axis],
            count: self.count[axis],
        })
    }

    /// The positions of a phase's sub-grid that lie inside of the tensor, along one axis.
    fn inside(&self, axis: usize, phase: usize) -> Range<usize> {
        let (padding, dilation) = (self.padding[axis], self.dilation[axis]);
        let reach = |end: usize| end.saturating_sub(phase).div_ceil(dilation).min(self.count[axis]);
        reach(padding)..reach(padding + self.size[axis])
    }

    // ANCHOR: lines
    /// Calls `line` for each line of one sub-grid: where it lies in the sub-grid, and where its first element is in
    /// the tensor. The next ones follow there at a distance of the dilation.
    #[inline(always)]
    fn for_lines(&self, phase: usize, mut line: impl FnMut(Range<usize>, usize)) {
        let ([_, py, px], [_, rows, columns]) = (self.phases, self.count);
        let phase = [phase / (py * px), phase / px % py, phase % px];
        let [zs, ys, xs] = array::from_fn(|axis| self.inside(axis, phase[axis]));
        if xs.is_empty() {
            return;
        }
        let place = |axis: usize, i: usize| phase[axis] + i * self.dilation[axis] - self.padding[axis];
        for z in zs {
            for y in ys.clone() {
                let (to, from) = ((z * rows + y) * columns, place(0, z) * self.size[1] + place(1, y));
                line(to + xs.start..to + xs.end, from * self.size[2] + place(2, xs.start));
            }
        }
    }
    // ANCHOR_END: lines

    // ANCHOR: gather
    /// Space to batch: deals the tensor out.
    ///
    /// # Errors
    /// If it hasn't [`whole_shape`](Self::whole_shape), or there is no memory for the sub-grids.
    pub fn gather<T: Real>(&self, whole: &Tensor<T>) -> Result<Tensor<T>> {
        check("tensor", whole, &self.whole_shape())?;
        let mut parts = Tensor::scratch(&self.parts_shape())?;
        let (channels, phases, step) = (self.channels, self.phases.iter().product::<usize>(), self.dilation[2]);
        let (size, count) = (self.size.iter().product::<usize>(), self.count.iter().product());
        for_channels(parts.data_mut(), count, |i, part| {
            let (n, phase, c) = (i / channels / phases, i / channels % phases, i % channels);
            let whole = &whole.data()[(n * channels + c) * size..][..size];
            part.fill(T::ZERO);
            self.for_lines(phase, |line, from| {
                part[line].iter_mut().zip(whole[from..].iter().step_by(step)).for_each(|(to, &x)| *to = x);
            });
        });
        Ok(parts)
    }
    // ANCHOR_END: gather

    // ANCHOR: scatter
    /// Batch to space, the adjoint of [`gather`](Self::gather): every element goes back to where it is from. What lies
    /// outside of the tensor is dropped; what no sub-grid has is zero.
    ///
    /// # Errors
    /// If `parts` hasn't [`parts_shape`](Self::parts_shape), or there is no memory for the tensor.
    pub fn scatter<T: Real>(&self, parts: &Tensor<T>) -> Result<Tensor<T>> {
        check("sub-grids", parts, &self.parts_shape())?;
        let mut whole = Tensor::scratch(&self.whole_shape())?;
        let (channels, phases, step) = (self.channels, self.phases.iter().product::<usize>(), self.dilation[2]);
        let (size, count) = (self.size.iter().product(), self.count.iter().product::<usize>());
        for_channels(whole.data_mut(), size, |i, whole| {
            let (n, c) = (i / channels, i % channels);
            whole.fill(T::ZERO);
            for phase in 0..phases {
                let part = &parts.data()[((n * phases + phase) * channels + c) * count..][..count];
                self.for_lines(phase, |line, to| {
                    whole[to..].iter_mut().step_by(step).zip(&part[line]).for_each(|(to, &x)| *to = x);
                });
            }
        });
        Ok(whole)
    }
    // ANCHOR_END: scatter
}

/// Runs `task(i, channel)` for each channel of `len` elements.
fn for_channels<T: Real>(data: &mut [T], len: usize, task: impl Fn(usize, &mut [T]) + Sync) {
    let group = GRAIN.div_ceil(len); // channels to a task
    parallel::chunks_mut(data, group * len, |i, chunk| {
        chunk.chunks_mut(len).enumerate().for_each(|(j, channel)| task(i * group + j, channel));
    });
}

fn check<T: Real>(name: &str, tensor: &Tensor<T>, shape: &[usize]) -> Result<()> {
    match tensor.shape() == shape {
        true => Ok(()),
        false => Err(Error::argument(name, tensor.shape(), format!("{shape:?}"))),
    }
}
