//! Copies between host and devices, and fills.

use super::memory::Kind;
use super::queue::{Work, drain};
use super::{Handle, Result, State, state};
use crate::CUresult::*;
use ptx::Memory;
use std::ffi::c_void;
use std::slice;
use std::sync::Arc;

/// An end of a copy, as the caller names it.
#[derive(Clone, Copy)]
pub enum End {
    /// An address that a device can reach.
    Device(u64),
    /// A pointer of the host.
    Host(*mut c_void),
}

/// An end of a copy.
enum Place {
    /// In a device's memory, or in what the host shares with it.
    Device(Arc<Memory>, u64),
    /// Memory of the host alone.
    Host(*mut u8),
}

// SAFETY: whoever asks for a copy promises that the host's memory is valid until it is done; the thread that waits for
// it does it.
unsafe impl Send for Place {}

/// Work on memory.
pub enum Transfer {
    /// See [`copy`].
    Copy(Copy),
    /// See [`fill`].
    Fill(Arc<Memory>, u64, u8, usize),
}

/// So many bytes from here to there.
pub struct Copy {
    from: Place,
    to: Place,
    bytes: usize,
}

impl State {
    /// Finds an end of a copy of so many bytes, all of which must lie in one allocation.
    fn place(&self, end: End, bytes: usize) -> Result<Place> {
        let (address, is_host) = match end {
            End::Device(address) => (address, false),
            End::Host(pointer) => (pointer.addr() as u64, true),
        };
        match (self.region(address), end) {
            (Some((_, region)), _) if is_host && matches!(region.kind, Kind::Device | Kind::Variable) => {
                Err(CUDA_ERROR_INVALID_VALUE)
            }
            (Some((start, region)), _) if bytes as u64 <= region.bytes as u64 - (address - start) => {
                Ok(Place::Device(region.memory.clone(), address))
            }
            (None, End::Host(pointer)) if !pointer.is_null() => Ok(Place::Host(pointer.cast())),
            _ => Err(CUDA_ERROR_INVALID_VALUE),
        }
    }

    /// The stream of a transfer: the current context's default stream, which the caller waits for, if none is given.
    fn stream_of_transfer(&self, stream: Option<Handle>) -> Result<Handle> {
        self.stream(stream.unwrap_or(0))
    }
}

/// Copies bytes, whatever the devices: in the stream, at its time, or at once and in the order of the default stream.
///
/// # Safety
///
/// Memory of the host is valid until the copy is done.
pub unsafe fn copy(to: End, from: End, bytes: usize, stream: Option<Handle>) -> Result {
    transfer(stream, bytes, |state| {
        Ok(Transfer::Copy(Copy { from: state.place(from, bytes)?, to: state.place(to, bytes)?, bytes }))
    })
}

/// Sets bytes, at once.
pub fn fill(address: u64, value: u8, bytes: usize) -> Result {
    transfer(None, bytes, |state| match state.place(End::Device(address), bytes)? {
        Place::Device(memory, address) => Ok(Transfer::Fill(memory, address, value, bytes)),
        Place::Host(_) => Err(CUDA_ERROR_INVALID_VALUE),
    })
}

fn transfer(stream: Option<Handle>, bytes: usize, make: impl FnOnce(&State) -> Result<Transfer>) -> Result {
    let mut state = state()?;
    let handle = state.stream_of_transfer(stream)?;
    if bytes == 0 {
        return Ok(());
    }
    let transfer = make(&state)?;
    let ticket = state.enqueue(handle, Work::Transfer(transfer))?;
    if stream.is_none() {
        let context = state.streams[&handle].context;
        drain(state, vec![(handle, ticket)]).healthy(context)?;
    }
    Ok(())
}

impl Transfer {
    /// Does it. What was freed meanwhile is an illegal address.
    pub fn run(&self) -> Result {
        let done = match self {
            Transfer::Fill(memory, address, value, bytes) => memory.fill(*address, *value, *bytes),
            Transfer::Copy(copy) => match (&copy.from, &copy.to) {
                (Place::Device(from, source), Place::Device(to, target)) => from.copy(*source, to, *target, copy.bytes),
                (Place::Host(source), Place::Device(to, target)) => {
                    // SAFETY: whoever asked for the copy promised that the memory is valid.
                    to.write(*target, unsafe { slice::from_raw_parts(*source, copy.bytes) })
                }
                (Place::Device(from, source), Place::Host(target)) => {
                    // SAFETY: as above; nobody else uses it before the copy is done.
                    from.read(*source, unsafe { slice::from_raw_parts_mut(*target, copy.bytes) })
                }
                (Place::Host(source), Place::Host(target)) => {
                    // SAFETY: as above; they may overlap.
                    unsafe { target.copy_from(*source, copy.bytes) };
                    Ok(())
                }
            },
        };
        done.map_err(|_| CUDA_ERROR_ILLEGAL_ADDRESS)
    }
}
