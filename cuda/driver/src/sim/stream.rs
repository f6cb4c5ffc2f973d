//! Streams: work that runs in order.

use super::event::Recorded;
use super::queue::{Callback, Ticket, Work, drain};
use super::{Handle, Result, State, state};
use crate::CUresult::*;
use crate::{CUstream, CUstreamCallback};
use std::collections::VecDeque;
use std::ffi::{c_int, c_uint, c_void};
use std::ptr;
use std::sync::Arc;

/// How a stream stands to the default stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The default stream, which every context has: its handle is null.
    Default,
    /// The default stream and this one wait for each other.
    Blocking,
    /// They don't.
    NonBlocking,
}

/// A queue and who runs it.
pub struct Stream {
    pub context: Handle,
    pub kind: Kind,
    priority: c_int,
    pub queue: VecDeque<(Ticket, Work)>,
    /// What some thread is at.
    pub running: Option<Ticket>,
}

/// The priorities are kept, and nothing depends on them.
pub const LEAST_PRIORITY: c_int = 0;
/// Greater priorities are smaller numbers.
pub const GREATEST_PRIORITY: c_int = -1;

/// `cuda.h`'s `CU_STREAM_NON_BLOCKING`.
const NON_BLOCKING: c_uint = 1;

impl Stream {
    pub fn new(context: Handle, kind: Kind, priority: c_int) -> Self {
        Stream { context, kind, priority, queue: VecDeque::new(), running: None }
    }

    /// The first piece of work that isn't done.
    pub fn oldest(&self) -> Option<Ticket> {
        self.running.or_else(|| self.queue.front().map(|(ticket, _)| *ticket))
    }
}

impl State {
    /// The handle of the stream that a call means, whose context must be in order. A call needs a current context, but
    /// the stream may be of another one.
    pub fn stream(&self, handle: Handle) -> Result<Handle> {
        let current = self.current()?;
        if handle == 0 {
            return Ok(self.contexts[&current].default_stream);
        }
        let stream = self.streams.get(&handle).filter(|stream| stream.kind != Kind::Default);
        self.healthy(stream.ok_or(CUDA_ERROR_INVALID_HANDLE)?.context)?;
        Ok(handle)
    }
}

/// Makes a stream in the current context.
pub fn create(flags: c_uint, priority: c_int) -> Result<Handle> {
    let mut state = state()?;
    let context = state.current()?;
    let kind = match flags {
        0 => Kind::Blocking,
        NON_BLOCKING => Kind::NonBlocking,
        _ => return Err(CUDA_ERROR_INVALID_VALUE),
    };
    let handle = state.number();
    state.streams.insert(handle, Stream::new(context, kind, priority.clamp(GREATEST_PRIORITY, LEAST_PRIORITY)));
    Ok(handle)
}

/// Finishes the stream's work and forgets it.
pub fn destroy(handle: Handle) -> Result {
    if handle == 0 {
        return Err(CUDA_ERROR_INVALID_HANDLE);
    }
    synchronize(handle)?;
    state()?.streams.remove(&handle);
    Ok(())
}

/// Waits for all that is queued in the stream.
pub fn synchronize(handle: Handle) -> Result {
    let mut state = state()?;
    let handle = state.stream(handle)?;
    let context = state.streams[&handle].context;
    // A mark, as even an empty default stream waits for the blocking ones.
    let ticket = state.enqueue(handle, Work::Record(Arc::default()))?;
    drain(state, vec![(handle, ticket)]).healthy(context)
}

/// The flags that the stream was made with.
pub fn flags(handle: Handle) -> Result<c_uint> {
    let state = state()?;
    let handle = state.stream(handle)?;
    Ok(if state.streams[&handle].kind == Kind::NonBlocking { NON_BLOCKING } else { 0 })
}

/// The stream's priority.
pub fn priority(handle: Handle) -> Result<c_int> {
    let state = state()?;
    let handle = state.stream(handle)?;
    Ok(state.streams[&handle].priority)
}

/// Makes what is queued from now on wait for the event as it was last recorded, in whatever stream and context.
pub fn wait_event(handle: Handle, event: Handle, flags: c_uint) -> Result {
    let mut state = state()?;
    let handle = state.stream(handle)?;
    if flags != 0 {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    let recorded: Option<Recorded> = state.event(event)?.recorded.clone();
    if let Some(recorded) = recorded {
        state.enqueue(handle, Work::Wait(recorded))?;
    }
    Ok(())
}

/// Queues a call of a host's function.
pub fn add_callback(stream: CUstream, function: CUstreamCallback, user_data: *mut c_void, flags: c_uint) -> Result {
    let mut state = state()?;
    let handle = state.stream(stream.addr())?;
    if flags != 0 {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    let function = function.ok_or(CUDA_ERROR_INVALID_VALUE)?;
    let stream = ptr::without_provenance_mut(stream.addr());
    state.enqueue(handle, Work::Callback(Callback { function, stream, user_data }))?;
    Ok(())
}
