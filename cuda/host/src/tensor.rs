//! Tensors and lists whose elements are on the device.

use crate::buffer::Buffer;
use crate::grid::Grid;
use crate::ops::kernels;
use crate::session::Session;
use std::fmt;
use std::rc::Rc;
use unrolled::conv::volume;
use unrolled::{Error, Result, Tensor};

/// A dense, row-major tensor of `f32` on the device of its [`Session`].
///
/// A clone shares the elements, and costs as little as a reference count; whoever writes to shared elements first gets
/// a copy of their own.
#[derive(Clone)]
pub struct GpuTensor {
    shape: Rc<[usize]>,
    data: Rc<Buffer<f32>>,
}

impl GpuTensor {
    pub(crate) fn upload(session: &Session, tensor: &Tensor) -> Result<Self> {
        places(tensor.shape())?;
        Ok(Self { shape: tensor.shape().into(), data: Rc::new(Buffer::upload(session, tensor.data())?) })
    }

    pub(crate) fn scratch(session: &Session, shape: &[usize]) -> Result<Self> {
        Ok(Self { shape: shape.into(), data: Rc::new(Buffer::scratch(session, places(shape)?)?) })
    }

    pub(crate) fn full(session: &Session, shape: &[usize], value: f32) -> Result<Self> {
        let mut tensor = Self::scratch(session, shape)?;
        let count = tensor.len();
        kernels::fill(session, Grid::cover(count, 256)?, &mut tensor, count as u32, value)?;
        Ok(tensor)
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
        self.len() == 0
    }

    /// The session that it is of.
    pub fn session(&self) -> &Session {
        self.data.session()
    }

    /// The tensor on the host, once all kernels before this have run.
    ///
    /// # Errors
    /// If one of them has failed.
    pub fn download(&self) -> Result<Tensor> {
        Tensor::new(&self.shape, self.data.download()?)
    }

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

    pub(crate) fn buffer(&self) -> &Buffer<f32> {
        &self.data
    }

    /// Sees to it that no clone shares the elements: they are about to be written.
    pub(crate) fn unshare(&mut self) -> Result<()> {
        unshare(&mut self.data)
    }
}

impl fmt::Debug for GpuTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GpuTensor {:?} on {}", self.shape, self.session().name())
    }
}

/// A list of `u32` on the device of its [`Session`]: class labels, a table of indices. Clones share the elements as
/// those of [`GpuTensor`] do.
#[derive(Clone)]
pub struct GpuVec(Rc<Buffer<u32>>);

impl GpuVec {
    pub(crate) fn upload(session: &Session, values: &[u32]) -> Result<Self> {
        places(&[values.len()])?;
        Ok(Self(Rc::new(Buffer::upload(session, values)?)))
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no elements at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The session that it is of.
    pub fn session(&self) -> &Session {
        self.0.session()
    }

    /// The elements on the host, once all kernels before this have run.
    ///
    /// # Errors
    /// If one of them has failed.
    pub fn download(&self) -> Result<Vec<u32>> {
        self.0.download()
    }

    pub(crate) fn buffer(&self) -> &Buffer<u32> {
        &self.0
    }

    /// As [`GpuTensor::unshare`].
    pub(crate) fn unshare(&mut self) -> Result<()> {
        unshare(&mut self.0)
    }
}

impl fmt::Debug for GpuVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GpuVec [{}] on {}", self.len(), self.session().name())
    }
}

fn unshare<T: crate::buffer::Number>(data: &mut Rc<Buffer<T>>) -> Result<()> {
    if Rc::get_mut(data).is_none() {
        *data = Rc::new(data.copy()?);
    }
    Ok(())
}

/// The number of elements of a shape, if kernels can count them.
fn places(shape: &[usize]) -> Result<usize> {
    let places = volume(shape)?;
    match i32::try_from(places) {
        Ok(_) => Ok(places),
        Err(_) => Err(Error::argument("shape", shape, "at most 2³¹ − 1 elements: kernels count in 32 bits")),
    }
}
