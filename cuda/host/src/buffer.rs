//! Device memory: buffers that tensors share, and those that wait to be used again.

use crate::handle::Handle;
use crate::session::Session;
use rustacuda::memory::{AsyncCopyDestination, CopyDestination, DeviceBuffer, DeviceCopy, DevicePointer};
use std::cell::RefCell;
use std::collections::HashMap;
use unrolled::Result;

/// Buffers that nobody uses any more, by their number of elements.
///
/// `cuMemFree` waits until the whole device is idle, so on a GPU a buffer is kept for the next one who wants this size.
/// Kernels in the stream may still be reading or writing it by then. That does no harm: whatever the next user does with
/// it comes behind them in the same stream.
pub(crate) type Pool<T> = RefCell<HashMap<usize, Vec<Handle<DeviceBuffer<T>>>>>;

/// What lies in device memory: plain numbers, for which any bits are a value.
pub(crate) trait Number: DeviceCopy + Default + Clone {
    /// The session's buffers of them.
    fn pool(session: &Session) -> &Pool<Self>;
}

/// Elements on the device. Dropping it gives the memory back to its session.
pub(crate) struct Buffer<T: Number> {
    memory: Option<Handle<DeviceBuffer<T>>>, // until it is dropped
    address: DevicePointer<T>,
    len: usize,
    session: Session,
}

impl<T: Number> Buffer<T> {
    /// Elements with whatever values their memory last held. None take no memory.
    ///
    /// # Errors
    /// If the device has no memory for them.
    pub fn scratch(session: &Session, len: usize) -> Result<Self> {
        let mut memory = session.allocate(len)?;
        let address = memory.as_device_ptr();
        Ok(Self { memory: Some(memory), address, len, session: session.clone() })
    }

    /// A copy of the host's `values`.
    ///
    /// RustaCUDA's copy of ordinary host memory is CUDA's synchronous one, and that isn't ordered with our stream, which
    /// is a non-blocking one, at either end. Kernels in the stream may still be using the buffer, if it comes from the
    /// pool: wait for them first. And the copy may return when the values have left the host's memory, but not yet
    /// arrived: wait for that, too, before a kernel reads them.
    ///
    /// # Errors
    /// As [`Buffer::scratch`], and if a kernel before this has failed.
    pub fn upload(session: &Session, values: &[T]) -> Result<Self> {
        let mut buffer = Self::scratch(session, values.len())?;
        if !values.is_empty() {
            session.synchronize()?;
            session.done("copying to the device", buffer.memory_mut().copy_from(values))?;
            session.wait_for_copies()?;
        }
        Ok(buffer)
    }

    /// The elements, once all kernels before this have run.
    ///
    /// # Errors
    /// If one has failed.
    pub fn download(&self) -> Result<Vec<T>> {
        let mut values = vec![T::default(); self.len];
        if self.len > 0 {
            self.session.synchronize()?;
            self.session.done("copying from the device", self.memory().copy_to(&mut values[..]))?;
        }
        Ok(values)
    }

    /// Another buffer with the same elements.
    ///
    /// # Errors
    /// As [`Buffer::scratch`], and if a kernel before this has failed.
    pub fn copy(&self) -> Result<Self> {
        let mut copy = Self::scratch(&self.session, self.len)?;
        if self.len > 0 {
            let stream = self.session.stream()?;
            // SAFETY: what else is done with the two buffers, their next use when they are dropped included, comes behind
            // the copy in the same stream.
            let copied = unsafe { copy.memory_mut().async_copy_from(&***self.memory(), stream) };
            self.session.done("copying on the device", copied)?;
        }
        Ok(copy)
    }

    /// Where it is, for a kernel.
    pub fn address(&self) -> DevicePointer<T> {
        self.address
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    fn memory(&self) -> &Handle<DeviceBuffer<T>> {
        self.memory.as_ref().expect("there until the buffer is dropped")
    }

    fn memory_mut(&mut self) -> &mut DeviceBuffer<T> {
        self.memory.as_mut().expect("there until the buffer is dropped")
    }
}

impl<T: Number> Drop for Buffer<T> {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.session.give_back(memory);
        }
    }
}

impl Session {
    /// Memory for `len` elements, from the pool or new.
    fn allocate<T: Number>(&self, len: usize) -> Result<Handle<DeviceBuffer<T>>> {
        if let Some(memory) = T::pool(self).borrow_mut().get_mut(&len).and_then(Vec::pop) {
            return Ok(memory);
        }
        self.make_current()?;
        // SAFETY: the elements are plain numbers, for which any bits are a value.
        let allocate = || unsafe { DeviceBuffer::uninitialized(len) };
        let memory = allocate().or_else(|_| {
            self.empty_pools();
            allocate()
        });
        let doing = || format!("allocating {} bytes", len * size_of::<T>());
        Ok(Handle::new(self.done(doing(), memory)?, DeviceBuffer::drop))
    }

    /// Takes memory that nobody uses any more.
    fn give_back<T: Number>(&self, memory: Handle<DeviceBuffer<T>>) {
        if self.is_pooled() {
            T::pool(self).borrow_mut().entry(memory.len()).or_default().push(memory);
        } else if self.make_current().is_ok() {
            // On the simulated GPU this runs what is queued, so a kernel's failure may come to light here.
            let _ = self.done("freeing memory", memory.destroy());
        }
    }
}
