//! The driver of the simulated GPU.
//!
//! Handles are numbers, which are looked up and never dereferenced, so that a wrong one is an error and nothing worse.
//! All that they stand for is behind one lock, which is never held while the device works: threads with contexts of
//! their own work in parallel.

pub mod context;
pub mod copy;
pub mod device;
pub mod event;
pub mod launch;
pub mod memory;
pub mod module;
mod queue;
pub mod stream;

use crate::CUresult::{self, *};
use ptx::Memory;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What a function of the driver answers.
pub type Result<T = ()> = std::result::Result<T, CUresult>;

/// What a context, stream, event, module or function is known by outside.
pub type Handle = usize;

/// Everything there is.
pub struct State {
    /// Each device's memory; none before `cuInit`.
    devices: Vec<Arc<Memory>>,
    contexts: BTreeMap<Handle, context::Context>,
    streams: BTreeMap<Handle, stream::Stream>,
    events: BTreeMap<Handle, event::Event>,
    modules: BTreeMap<Handle, module::Module>,
    functions: BTreeMap<Handle, module::Function>,
    /// Memory, by its first address.
    regions: BTreeMap<u64, memory::Region>,
    /// The last number given out, as a handle or as a ticket of a queue.
    last: usize,
}

/// The state, locked.
pub type Guard = MutexGuard<'static, State>;

static STATE: Mutex<State> = Mutex::new(State {
    devices: Vec::new(),
    contexts: BTreeMap::new(),
    streams: BTreeMap::new(),
    events: BTreeMap::new(),
    modules: BTreeMap::new(),
    functions: BTreeMap::new(),
    regions: BTreeMap::new(),
    last: 0x1000, // cuda.h gives the first few handles of streams a meaning
});

/// Told whenever some thread has finished a piece of the device's work.
static WORKED: Condvar = Condvar::new();

fn lock() -> Guard {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks the state; an error before `cuInit`.
fn state() -> Result<Guard> {
    let state = lock();
    if state.devices.is_empty() { Err(CUDA_ERROR_NOT_INITIALIZED) } else { Ok(state) }
}

impl State {
    /// A number that was never given out before.
    fn number(&mut self) -> usize {
        self.last += 1;
        self.last
    }
}

/// Answers a call. No panic leaves it, and callbacks may not make any.
pub fn call(answer: impl FnOnce() -> Result) -> CUresult {
    if queue::in_callback() {
        return CUDA_ERROR_NOT_PERMITTED;
    }
    match catch_unwind(AssertUnwindSafe(answer)) {
        Ok(Ok(())) => CUDA_SUCCESS,
        Ok(Err(code)) => code,
        Err(_) => CUDA_ERROR_UNKNOWN,
    }
}
