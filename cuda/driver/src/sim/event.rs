//! Events: marks in streams.

use super::queue::{Ticket, Work, drain, nudge};
use super::{Handle, Result, State, state};
use crate::CUresult::*;
use std::ffi::c_uint;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A mark that can be made again and again.
pub struct Event {
    pub context: Handle,
    timing: bool,
    /// The last time it was recorded.
    pub recorded: Option<Recorded>,
}

/// Where an event was recorded, and when its turn came.
#[derive(Clone)]
pub struct Recorded {
    pub stream: Handle,
    pub ticket: Ticket,
    done: Arc<OnceLock<Instant>>,
}

impl Recorded {
    pub fn is_done(&self) -> bool {
        self.done.get().is_some()
    }
}

// As cuda.h's CU_EVENT_BLOCKING_SYNC (all the same here), CU_EVENT_DISABLE_TIMING and CU_EVENT_INTERPROCESS.
const BLOCKING_SYNC: c_uint = 1;
const DISABLE_TIMING: c_uint = 2;
const INTERPROCESS: c_uint = 4;

impl State {
    /// An event, whose context must be in order. A call needs a current context, but the event may be of another one.
    pub fn event(&self, handle: Handle) -> Result<&Event> {
        self.current()?;
        let event = self.events.get(&handle).ok_or(CUDA_ERROR_INVALID_HANDLE)?;
        self.healthy(event.context)?;
        Ok(event)
    }
}

/// Makes an event in the current context.
pub fn create(flags: c_uint) -> Result<Handle> {
    let mut state = state()?;
    let context = state.current()?;
    let timing = flags & DISABLE_TIMING == 0;
    if flags & !(BLOCKING_SYNC | DISABLE_TIMING | INTERPROCESS) != 0 || flags & INTERPROCESS != 0 && timing {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    let handle = state.number();
    state.events.insert(handle, Event { context, timing, recorded: None });
    Ok(handle)
}

/// Forgets an event; streams that wait for it go on waiting.
pub fn destroy(handle: Handle) -> Result {
    let mut state = state()?;
    state.event(handle)?;
    state.events.remove(&handle);
    Ok(())
}

/// Records an event in a stream of the same context.
pub fn record(handle: Handle, stream: Handle) -> Result {
    let mut state = state()?;
    let context = state.event(handle)?.context;
    let stream = state.stream(stream)?;
    if state.streams[&stream].context != context {
        return Err(CUDA_ERROR_INVALID_HANDLE);
    }
    let done = Arc::new(OnceLock::new());
    let ticket = state.enqueue(stream, Work::Record(done.clone()))?;
    if let Some(event) = state.events.get_mut(&handle) {
        event.recorded = Some(Recorded { stream, ticket, done });
    }
    Ok(())
}

/// Whether what the event marks is done: `CUDA_ERROR_NOT_READY` if not. The device gets the time for one more piece of
/// work with each question, so that a program which asks until it is done comes to its end.
pub fn query(handle: Handle) -> Result {
    let state = state()?;
    match state.event(handle)?.recorded.clone() {
        Some(recorded) if !recorded.is_done() => {
            nudge(state, (recorded.stream, recorded.ticket));
            Err(CUDA_ERROR_NOT_READY)
        }
        _ => Ok(()),
    }
}

/// Waits for what the event marks.
pub fn synchronize(handle: Handle) -> Result {
    let state = state()?;
    let event = state.event(handle)?;
    let context = event.context;
    let targets = event.recorded.iter().map(|recorded| (recorded.stream, recorded.ticket)).collect();
    drain(state, targets).healthy(context)
}

/// Milliseconds from one event to another of the same context. Both must have been recorded, and be done.
pub fn elapsed(start: Handle, end: Handle) -> Result<f32> {
    let state = state()?;
    let (start, end) = (state.event(start)?, state.event(end)?);
    if start.context != end.context || !start.timing || !end.timing {
        return Err(CUDA_ERROR_INVALID_HANDLE);
    }
    let (Some(start), Some(end)) = (&start.recorded, &end.recorded) else { return Err(CUDA_ERROR_INVALID_HANDLE) };
    let (Some(start), Some(end)) = (start.done.get(), end.done.get()) else { return Err(CUDA_ERROR_NOT_READY) };
    let forth = end.saturating_duration_since(*start).as_secs_f32();
    let back = start.saturating_duration_since(*end).as_secs_f32();
    Ok((forth - back) * 1e3)
}
