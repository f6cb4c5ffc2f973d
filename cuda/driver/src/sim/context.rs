//! Contexts, and each host thread's stack of current ones.

use super::queue::{self, drain};
use super::stream::{Kind, Stream};
use super::{Guard, Handle, Result, State, device, lock, state};
use crate::CUresult::{self, *};
use crate::{CUfunc_cache, CUlimit, CUsharedconfig};
use ptx::Options;
use std::cell::RefCell;
use std::ffi::{c_int, c_uint};

/// What belongs to it names its handle.
pub struct Context {
    /// The index of its device.
    pub device: usize,
    flags: c_uint,
    /// Indexed by [`CUlimit`].
    limits: [usize; CUlimit::CU_LIMIT_MAX as usize],
    cache: CUfunc_cache,
    shared: CUsharedconfig,
    /// The stream whose handle is null.
    pub default_stream: Handle,
    /// What a kernel did wrong: from then on nearly every call answers with it.
    pub fault: Option<CUresult>,
}

/// How `cuda.h` writes the version of the interface that `cuCtxCreate_v2` is of.
const API_VERSION: c_uint = 3020;

/// The flags that a context may have: scheduling (which is all the same here), mapped host memory, local memory.
const FLAGS: c_uint = 0x1f;

thread_local! {
    /// The top is current. Handles may be of contexts that another thread has destroyed.
    static CURRENT: RefCell<Vec<Handle>> = const { RefCell::new(Vec::new()) };
}

impl State {
    /// The current context, if calls may use it.
    pub fn current(&self) -> Result<Handle> {
        let handle = CURRENT.with_borrow(|stack| stack.last().copied()).ok_or(CUDA_ERROR_INVALID_CONTEXT)?;
        // It was a context when it became current.
        self.contexts.get(&handle).ok_or(CUDA_ERROR_CONTEXT_IS_DESTROYED)?;
        self.healthy(handle)?;
        Ok(handle)
    }

    /// An error if the context's kernels did something wrong.
    pub fn healthy(&self, context: Handle) -> Result {
        self.contexts.get(&context).and_then(|context| context.fault).map_or(Ok(()), Err)
    }

    /// The context that has this handle.
    fn context(&mut self, handle: Handle) -> Result<&mut Context> {
        self.contexts.get_mut(&handle).ok_or(CUDA_ERROR_INVALID_CONTEXT)
    }
}

/// Makes a context and makes it current.
pub fn create(flags: c_uint, device: c_int) -> Result<Handle> {
    let device = device::index(device)?;
    if flags & !FLAGS != 0 {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    let mut state = lock();
    let (handle, default_stream) = (state.number(), state.number());
    state.streams.insert(default_stream, Stream::new(handle, Kind::Default, 0));
    let context = Context {
        device,
        flags,
        limits: [1 << 10, 1 << 20, 8 << 20, 2, 2048, 64],
        cache: CUfunc_cache::CU_FUNC_CACHE_PREFER_NONE,
        shared: CUsharedconfig::CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE,
        default_stream,
        fault: None,
    };
    state.contexts.insert(handle, context);
    CURRENT.with_borrow_mut(|stack| stack.push(handle));
    Ok(handle)
}

/// Finishes the context's work, whatever comes of it, and frees all that belongs to it.
pub fn destroy(handle: Handle) -> Result {
    let mut state = state()?;
    state.context(handle)?;
    state = finish(state, handle);
    print_profiles();
    state.streams.retain(|_, stream| stream.context != handle);
    state.events.retain(|_, event| event.context != handle);
    state.modules.retain(|_, module| module.context != handle);
    state.functions.retain(|_, function| function.context != handle);
    state.free_regions_of(handle);
    state.contexts.remove(&handle);
    CURRENT.with_borrow_mut(|stack| stack.pop_if(|top| *top == handle));
    queue::wake();
    Ok(())
}

/// Tells stderr what this thread's kernels have done so far, if `UNROLLED_SIM_PROFILE` asks for that.
fn print_profiles() {
    if Options::from_env().profile {
        ptx::take_profiles().iter().for_each(|profile| eprintln!("{profile}"));
    }
}

/// Runs all that is queued in the context's streams.
pub fn finish(state: Guard, context: Handle) -> Guard {
    let streams = state.streams.iter().filter(|(_, stream)| stream.context == context);
    let targets = streams.map(|(handle, _)| (*handle, state.last)).collect();
    drain(state, targets)
}

/// Waits for all of the current context's work.
pub fn synchronize() -> Result {
    let state = state()?;
    let context = state.current()?;
    finish(state, context).healthy(context)
}

/// Puts a context on this thread's stack.
pub fn push(handle: Handle) -> Result {
    state()?.context(handle)?;
    CURRENT.with_borrow_mut(|stack| stack.push(handle));
    Ok(())
}

/// Takes the current context off this thread's stack.
pub fn pop() -> Result<Handle> {
    let _initialised = state()?;
    CURRENT.with_borrow_mut(Vec::pop).ok_or(CUDA_ERROR_INVALID_CONTEXT)
}

/// Puts a context in the place of the current one; 0 only takes that off.
pub fn set_current(handle: Handle) -> Result {
    let mut state = state()?;
    if handle != 0 {
        state.context(handle)?;
    }
    CURRENT.with_borrow_mut(|stack| {
        stack.pop();
        stack.extend((handle != 0).then_some(handle));
    });
    Ok(())
}

/// The current context, or 0.
pub fn get_current() -> Result<Handle> {
    let _initialised = state()?;
    Ok(CURRENT.with_borrow(|stack| stack.last().copied().unwrap_or(0)))
}

/// The version of the interface that the context was made with; of the current one for 0.
pub fn api_version(handle: Handle) -> Result<c_uint> {
    let mut state = state()?;
    let handle = if handle == 0 { state.current()? } else { handle };
    state.context(handle)?;
    Ok(API_VERSION)
}

/// Does something with the current context.
fn with_current<T>(f: impl FnOnce(&mut Context) -> Result<T>) -> Result<T> {
    let mut state = state()?;
    let handle = state.current()?;
    f(state.context(handle)?)
}

/// The current context's device.
pub fn device() -> Result<c_int> {
    with_current(|context| Ok(context.device as c_int))
}

/// The flags that the current context was made with.
pub fn flags() -> Result<c_uint> {
    with_current(|context| Ok(context.flags))
}

/// A limit of the current context. Limits are kept, and nothing depends on them.
pub fn limit(limit: CUlimit) -> Result<usize> {
    with_current(|context| context.limits.get(limit as usize).copied().ok_or(CUDA_ERROR_UNSUPPORTED_LIMIT))
}

/// Sets a limit of the current context.
pub fn set_limit(limit: CUlimit, value: usize) -> Result {
    with_current(|context| {
        *context.limits.get_mut(limit as usize).ok_or(CUDA_ERROR_UNSUPPORTED_LIMIT)? = value;
        Ok(())
    })
}

/// The current context's wish about caches. It is kept, and nothing depends on it.
pub fn cache_config() -> Result<CUfunc_cache> {
    with_current(|context| Ok(context.cache))
}

/// Sets the current context's wish about caches.
pub fn set_cache_config(config: CUfunc_cache) -> Result {
    with_current(|context| {
        context.cache = config;
        Ok(())
    })
}

/// The width of the banks of shared memory. It is kept, and nothing depends on it: they are 4 bytes wide.
pub fn shared_config() -> Result<CUsharedconfig> {
    with_current(|context| Ok(context.shared))
}

/// Sets the width of the banks of shared memory.
pub fn set_shared_config(config: CUsharedconfig) -> Result {
    with_current(|context| {
        context.shared = config;
        Ok(())
    })
}

/// The least and the greatest priority that a stream can have.
pub fn priority_range() -> Result<(c_int, c_int)> {
    with_current(|_| Ok((super::stream::LEAST_PRIORITY, super::stream::GREATEST_PRIORITY)))
}
