//! Dense, row-major tensors of `f32` or `f64`.

use crate::buffer::Buffer;
use crate::conv::{ChannelBias, volume};
use crate::error::{Error, Result};
use crate::parallel;
use crate::real::Real;
use crate::simd::vectorize;
use crate::var::Value;
use std::sync::Arc;

/// A dense, row-major tensor.
///
/// A clone shares the elements, and costs as little as a reference count; whoever writes to shared
/// elements first gets a copy of their own.
///
/// ```
/// use unrolled::Tensor;
///
/// let t = Tensor::new(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.5])?;
/// assert_eq!(t.at(&[1, 2]), Some(6.5));
/// assert_eq!(t.to_string(), "[[1.0, 2.0, 3.0],\n [4.0, 5.0, 6.5]]");
/// # let _: Tensor = t;
/// # Ok::<(), unrolled::Error>(())
/// ```
// ANCHOR: tensor
#[derive(Clone, PartialEq)]
pub struct Tensor<T: Real = f32> {
    shape: Arc<[usize]>,
    data: Arc<Buffer<T>>,
}
// ANCHOR_END: tensor

/// Elements that one task of an elementwise operation handles: enough to outweigh its hand-over.
const GRAIN: usize = 16 * 1024;

impl<T: Real> Tensor<T> {
    /// A tensor of this shape from its elements in row-major order.
    ///
    /// # Errors
    /// If there aren't as many elements as the shape has places.
    pub fn new(shape: &[usize], data: Vec<T>) -> Result<Self> {
        let places = volume(shape)?;
        if places != data.len() {
            return Err(Error::argument("data", data.len(), format!("{places} elements for shape {shape:?}")));
        }
        Ok(Self { shape: shape.into(), data: Arc::new(data.into()) })
    }

    /// A tensor whose elements are all `value`.
    ///
    /// # Errors
    /// If the shape's product overflows, or there is no memory for it.
    pub fn full(shape: &[usize], value: T) -> Result<Self> {
        let mut tensor = Self::scratch(shape)?;
        tensor.data_mut().fill(value);
        Ok(tensor)
    }

    /// A tensor of zeros.
    ///
    /// # Errors
    /// As [`Tensor::full`].
    pub fn zeros(shape: &[usize]) -> Result<Self> {
        Self::full(shape, T::ZERO)
    }

    /// A tensor with whatever values its memory last held: for outputs that are written whole.
    ///
    /// # Errors
    /// As [`Tensor::full`].
    pub fn scratch(shape: &[usize]) -> Result<Self> {
        let places = volume(shape)?;
        let too_large = |_| Error::argument("shape", shape, "one that fits into memory");
        if places > 1 << 28 {
            Vec::<T>::new().try_reserve_exact(places).map_err(too_large)?;
        }
        Ok(Self { shape: shape.into(), data: Arc::new(Buffer::scratch(places)) })
    }

    /// A tensor whose elements are `f(0), f(1), ...` in row-major order.
    ///
    /// # Errors
    /// As [`Tensor::full`].
    pub fn from_fn(shape: &[usize], mut f: impl FnMut(usize) -> T) -> Result<Self> {
        let mut tensor = Self::scratch(shape)?;
        tensor.data_mut().iter_mut().enumerate().for_each(|(i, x)| *x = f(i));
        Ok(tensor)
    }

    /// A tensor of rank 0: a single number.
    pub fn scalar(value: T) -> Self {
        Self { shape: [].into(), data: Arc::new(vec![value].into()) }
    }

    /// The size along each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The channels of `[N, C, ...]`, and the positions of each.
    ///
    /// # Errors
    /// If there are less than two axes.
    pub fn channels(&self) -> Result<(usize, usize)> {
        match self.shape() {
            [_, channels, positions @ ..] => Ok((*channels, positions.iter().product())),
            shape => Err(Error::argument("input", shape, "at least two axes, [N, C, ...]")),
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no elements at all.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The elements in row-major order.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    // ANCHOR: data_mut
    /// The elements, to be written; copied first if a clone shares them.
    pub fn data_mut(&mut self) -> &mut [T] {
        let buffer: &mut Buffer<T> = Arc::make_mut(&mut self.data);
        buffer
    }
    // ANCHOR_END: data_mut

    // ANCHOR: at
    /// The element at an index, one number per axis; `None` outside of the tensor.
    pub fn at(&self, index: &[usize]) -> Option<T> {
        if index.len() != self.shape.len() || index.iter().zip(self.shape()).any(|(i, n)| i >= n) {
            return None;
        }
        Some(self.data[index.iter().zip(self.shape()).fold(0, |flat, (i, n)| flat * n + i)])
    }
    // ANCHOR_END: at

    /// The same elements under another shape; nothing is copied.
    ///
    /// # Errors
    /// If the new shape has another number of places.
    pub fn reshape(mut self, shape: &[usize]) -> Result<Self> {
        if volume(shape)? != self.len() {
            return Err(Error::argument("shape", shape, format!("{} places, as {:?} has", self.len(), self.shape)));
        }
        self.shape = shape.into();
        Ok(self)
    }

    /// `f` of each element. Writes in place where no clone shares the elements.
    pub fn map(mut self, f: impl Fn(T) -> T + Sync) -> Self {
        if let Some(data) = Arc::get_mut(&mut self.data) {
            parallel::chunks_mut(data, GRAIN, |_, chunk| {
                vectorize(
                    #[inline(always)]
                    || chunk.iter_mut().for_each(|x| *x = f(*x)),
                );
            });
            return self;
        }
        let mut data = Buffer::scratch(self.len());
        parallel::chunks_mut(&mut data, GRAIN, |i, chunk| {
            let x = &self.data[i * GRAIN..];
            vectorize(
                #[inline(always)]
                || chunk.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x)),
            );
        });
        Self { data: Arc::new(data), ..self }
    }

    /// `f` of each element and its partner in `other`. Writes in place where no clone shares the elements.
    ///
    /// # Errors
    /// If the shapes differ: nothing is broadcast.
    pub fn zip(mut self, other: &Self, f: impl Fn(T, T) -> T + Sync) -> Result<Self> {
        if self.shape != other.shape {
            return Err(Error::argument(
                "right operand",
                other.shape(),
                format!("the left one's shape, {:?}", self.shape),
            ));
        }
        if let Some(data) = Arc::get_mut(&mut self.data) {
            parallel::chunks_mut(data, GRAIN, |i, chunk| {
                let other = &other.data[i * GRAIN..];
                vectorize(
                    #[inline(always)]
                    || chunk.iter_mut().zip(other).for_each(|(x, &y)| *x = f(*x, y)),
                );
            });
            return Ok(self);
        }
        let mut data = Buffer::scratch(self.len());
        parallel::chunks_mut(&mut data, GRAIN, |i, chunk| {
            let (x, y) = (&self.data[i * GRAIN..], &other.data[i * GRAIN..]);
            vectorize(
                #[inline(always)]
                || chunk.iter_mut().zip(x.iter().zip(y)).for_each(|(z, (&x, &y))| *z = f(x, y)),
            );
        });
        Ok(Self { data: Arc::new(data), ..self })
    }

    /// The sum of all elements.
    pub fn sum(&self) -> T {
        sum(self.data())
    }

    /// The inner product ⟨self, other⟩: elementwise products, summed.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn dot(&self, other: &Self) -> Result<T> {
        Ok(self.clone().zip(other, |x, y| x * y)?.sum())
    }

    /// The same numbers in another element type.
    pub fn cast<U: Real>(&self) -> Tensor<U> {
        let data: Vec<U> = self.data.iter().map(|x| U::of(x.f64())).collect();
        Tensor { shape: self.shape.clone(), data: Arc::new(data.into()) }
    }
}

/// The sum of a slice, in sixteen interleaved partial sums: vectors can add them, the error grows
/// slower than in one long chain, and the order is the same on every machine.
pub(crate) fn sum<T: Real>(xs: &[T]) -> T {
    const LANES: usize = 16;
    let mut lanes = [T::ZERO; LANES];
    let chunks = xs.chunks_exact(LANES);
    let rest = chunks.remainder();
    vectorize(
        #[inline(always)]
        || {
            for chunk in chunks {
                for (lane, &x) in lanes.iter_mut().zip(chunk) {
                    *lane += x;
                }
            }
        },
    );
    lanes.iter().chain(rest).fold(T::ZERO, |sum, &x| sum + x)
}

impl<T: Real> Value for Tensor<T> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn ones_like(&self) -> Result<Self> {
        Self::full(&self.shape, T::ONE)
    }

    fn accumulate(&mut self, other: &Self) -> Result<()> {
        if self.shape != other.shape {
            return Err(Error::argument("what is added", other.shape(), format!("the shape {:?}", self.shape)));
        }
        parallel::chunks_mut(self.data_mut(), GRAIN, |i, chunk| {
            let other = &other.data[i * GRAIN..];
            vectorize(
                #[inline(always)]
                || chunk.iter_mut().zip(other).for_each(|(x, &y)| *x += y),
            );
        });
        Ok(())
    }
}

impl<T: Real> ChannelBias for Tensor<T> {
    fn add_bias(mut self, bias: &Self) -> Result<Self> {
        let (channels, positions) = self.channels()?;
        if bias.shape() != [channels] {
            return Err(Error::argument("bias", bias.shape(), format!("[{channels}], one per channel")));
        }
        // Whole channels to a task, about a grain of them.
        let group = GRAIN.div_ceil(positions.max(1));
        parallel::chunks_mut(self.data_mut(), group * positions.max(1), |i, chunk| {
            for (j, channel) in chunk.chunks_mut(positions.max(1)).enumerate() {
                let b = bias.data[(i * group + j) % channels];
                vectorize(
                    #[inline(always)]
                    || channel.iter_mut().for_each(|y| *y += b),
                );
            }
        });
        Ok(self)
    }

    fn sum_channels(&self) -> Result<Self> {
        let (channels, positions) = self.channels()?;
        let mut sums = Self::zeros(&[channels])?;
        if !self.is_empty() {
            let group = GRAIN.div_ceil(self.len() / channels); // channels to a task
            parallel::chunks_mut(sums.data_mut(), group, |i, chunk| {
                let first = i * group;
                for image in self.data.chunks(channels * positions) {
                    for (j, total) in chunk.iter_mut().enumerate() {
                        *total += sum(&image[(first + j) * positions..][..positions]);
                    }
                }
            });
        }
        Ok(sums)
    }
}
