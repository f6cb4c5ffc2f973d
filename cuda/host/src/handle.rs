//! RustaCUDA's handles, without panics.

use rustacuda::error::{CudaResult, DropResult};
use std::mem;
use std::ops::{Deref, DerefMut};

/// A context, stream, module or buffer of RustaCUDA.
///
/// Their own drops panic if the driver reports an error. But once a kernel has failed the driver reports that at every
/// call: a panic in the first drop, and the second one aborts the program. Here an error means that the handle is
/// forgotten. Nothing is lost by it that destroying the context doesn't give back.
pub(crate) struct Handle<T> {
    value: Option<T>, // until it is destroyed
    destroy: fn(T) -> DropResult<T>,
}

impl<T> Handle<T> {
    /// Takes care of `value`; `destroy` is RustaCUDA's `T::drop`, which reports errors.
    pub fn new(value: T, destroy: fn(T) -> DropResult<T>) -> Self {
        Self { value: Some(value), destroy }
    }

    /// Destroys it now, for those who want to know of errors.
    pub fn destroy(mut self) -> CudaResult<()> {
        self.take()
    }

    fn take(&mut self) -> CudaResult<()> {
        match self.value.take().map(self.destroy) {
            Some(Err((error, value))) => {
                mem::forget(value);
                Err(error)
            }
            Some(Ok(())) | None => Ok(()),
        }
    }
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        let _ = self.take(); // reported again by the session's next call, if there is one
    }
}

impl<T> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("a handle that nobody destroyed")
    }
}

impl<T> DerefMut for Handle<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("a handle that nobody destroyed")
    }
}
