//! What is queued in streams, and when it runs.
//!
//! A launch only queues its kernel; it runs when somebody waits for it, in the thread that waits. Until then its
//! results aren't there, as on a real device, where they may not be: a forgotten `synchronize` shows.
//!
//! Each piece of work has a ticket, and tickets count up over all streams. A piece only ever waits for smaller tickets:
//! those before it in its stream, the event that its stream was told to wait for, and, unless the stream is
//! non-blocking, what was queued earlier in the context's default stream (or, if it is itself in the default stream, in
//! all of the context's blocking streams). So there is always one that can run. Streams that don't wait for each other
//! are emptied one after the other, the latest stream first, so that an order which nobody asked for shows, too.

use super::copy::Transfer;
use super::event::Recorded;
use super::launch::Prepared;
use super::stream::{Kind, Stream};
use super::{Guard, Handle, Result, State, WORKED};
use crate::CUresult::{self, *};
use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Instant;

/// The number of a piece of work.
pub type Ticket = usize;

// ANCHOR: work
/// A piece of work.
pub enum Work {
    Kernel(Prepared),
    Transfer(Transfer),
    /// An event: notes when everything before it is done.
    Record(Arc<OnceLock<Instant>>),
    /// What follows waits for an event, perhaps of another stream.
    Wait(Recorded),
    Callback(Callback),
}
// ANCHOR_END: work

/// A function of the host, called in the order of the stream.
pub struct Callback {
    pub function: unsafe extern "C" fn(crate::CUstream, CUresult, *mut c_void),
    pub stream: crate::CUstream,
    pub user_data: *mut c_void,
}

// SAFETY: CUDA calls it from a thread of its own, so whoever adds a callback must expect another thread; the stream is
// only a number.
unsafe impl Send for Callback {}

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread runs a callback, which must not call the driver.
pub fn in_callback() -> bool {
    IN_CALLBACK.get()
}

/// What the next piece of work of a stream needs.
enum Next {
    /// There is none up to the ticket in question.
    Nothing,
    /// Another thread is at it.
    Busy,
    /// First the other stream, up to that ticket.
    After(Handle, Ticket),
    /// It can run.
    Ready,
}

impl State {
    // ANCHOR: enqueue
    /// Appends work to a stream.
    pub fn enqueue(&mut self, stream: Handle, work: Work) -> Result<Ticket> {
        let ticket = self.number();
        let stream = self.streams.get_mut(&stream).ok_or(CUDA_ERROR_INVALID_HANDLE)?;
        stream.queue.push_back((ticket, work));
        Ok(ticket)
    }
    // ANCHOR_END: enqueue

    fn next(&self, handle: Handle, until: Ticket) -> Next {
        let Some(stream) = self.streams.get(&handle) else { return Next::Nothing };
        if let Some(ticket) = stream.running {
            return if ticket <= until { Next::Busy } else { Next::Nothing };
        }
        let Some((ticket, work)) = stream.queue.front().filter(|(ticket, _)| *ticket <= until) else {
            return Next::Nothing;
        };
        if let Work::Wait(event) = work
            && !event.is_done()
            && self.streams.contains_key(&event.stream)
        {
            return Next::After(event.stream, event.ticket);
        }
        let earlier = |other: &Stream| {
            let after = match stream.kind {
                Kind::Default => other.kind == Kind::Blocking,
                Kind::Blocking => other.kind == Kind::Default,
                Kind::NonBlocking => false,
            };
            after && other.context == stream.context && other.oldest().is_some_and(|oldest| oldest < *ticket)
        };
        match self.streams.iter().find(|(_, other)| earlier(other)) {
            Some((other, _)) => Next::After(*other, ticket - 1),
            None => Next::Ready,
        }
    }
}

/// How far [`step`] came.
#[derive(PartialEq)]
enum Step {
    /// It ran a piece of work.
    Ran,
    /// It can't go on before another thread has finished what it is at.
    Busy,
    /// There is nothing left to do.
    Finished,
}

/// Runs one piece of work on the way to the targets, each a stream and a ticket up to which it is to be emptied.
fn step(state: Guard, targets: &mut Vec<(Handle, Ticket)>) -> (Guard, Step) {
    while let Some(&(handle, until)) = targets.last() {
        match state.next(handle, until) {
            Next::Nothing => {
                targets.pop();
            }
            Next::Busy => return (state, Step::Busy),
            Next::After(other, ticket) => targets.push((other, ticket)),
            Next::Ready => return (run_front(state, handle), Step::Ran),
        }
    }
    (state, Step::Finished)
}

/// Empties each stream up to its ticket. The state isn't locked while work runs.
pub fn drain(mut state: Guard, mut targets: Vec<(Handle, Ticket)>) -> Guard {
    loop {
        let (after, step) = step(state, &mut targets);
        state = match step {
            Step::Ran => after,
            Step::Busy => WORKED.wait(after).unwrap_or_else(PoisonError::into_inner),
            Step::Finished => return after,
        };
    }
}

/// Gives the device the time for one piece of work on the way to the target.
pub fn nudge(state: Guard, target: (Handle, Ticket)) {
    let _ = step(state, &mut vec![target]);
}

/// Wakes the threads that wait for others' work.
pub fn wake() {
    WORKED.notify_all();
}

/// Runs the first piece of work of a stream, with the state unlocked.
fn run_front(mut state: Guard, handle: Handle) -> Guard {
    let Some(stream) = state.streams.get_mut(&handle) else { return state };
    let Some((ticket, work)) = stream.queue.pop_front() else { return state };
    stream.running = Some(ticket);
    let context = stream.context;
    let fault = state.healthy(context).err();
    drop(state);

    let outcome = catch_unwind(AssertUnwindSafe(|| work.run(fault))).unwrap_or(Err(CUDA_ERROR_UNKNOWN));

    let mut state = super::lock();
    if let Some(stream) = state.streams.get_mut(&handle) {
        stream.running = None;
    }
    if let (Err(code), Some(context)) = (outcome, state.contexts.get_mut(&context)) {
        context.fault.get_or_insert(code);
    }
    wake();
    state
}

impl Work {
    /// Does it. After a fault in its context only events and callbacks are left of the work.
    fn run(self, fault: Option<CUresult>) -> Result {
        match self {
            Work::Kernel(_) | Work::Transfer(_) if fault.is_some() => {}
            Work::Kernel(kernel) => return kernel.run(),
            Work::Transfer(transfer) => return transfer.run(),
            Work::Record(done) => {
                let _ = done.set(Instant::now());
            }
            Work::Wait(_) => {}
            Work::Callback(callback) => callback.run(fault.unwrap_or(CUDA_SUCCESS)),
        }
        Ok(())
    }
}

impl Callback {
    fn run(&self, status: CUresult) {
        IN_CALLBACK.set(true);
        // SAFETY: whoever added it promised that it can be called once with this pointer.
        unsafe { (self.function)(self.stream, status, self.user_data) };
        IN_CALLBACK.set(false);
    }
}
