//! Launches of kernels.

use super::queue::Work;
use super::{Handle, Result, device, state};
use crate::CUresult::*;
use crate::error;
use ptx::ir::Kernel;
use ptx::{Launch, Memory};
use std::ffi::{c_uint, c_void};
use std::sync::Arc;

/// The parameters of a kernel may have so many bytes.
const MAX_PARAMS: usize = 4096;

/// A launch, with the memory it works on.
pub struct Prepared {
    launch: Launch,
    memory: Arc<Memory>,
}

impl Prepared {
    // ANCHOR: run
    /// Runs the kernel.
    pub fn run(&self) -> Result {
        self.launch.run(&self.memory).map_err(|fault| error::from_number(fault.code()))
    }
    // ANCHOR_END: run
}

/// Queues a kernel in a stream. The parameters are copied now. Function, stream and current context belong together.
///
/// # Safety
///
/// `params` is null or an array with a pointer to a value for each of the kernel's parameters.
pub unsafe fn launch(
    function: Handle,
    grid: [c_uint; 3],
    block: [c_uint; 3],
    shared: c_uint,
    stream: Handle,
    params: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> Result {
    let mut state = state()?;
    let context = state.current()?;
    let function = state.functions.get(&function).filter(|function| function.context == context);
    let function = function.ok_or(CUDA_ERROR_INVALID_HANDLE)?;
    let stream = state.stream(stream)?;
    if state.streams[&stream].context != context {
        return Err(CUDA_ERROR_INVALID_HANDLE);
    }
    if !extra.is_null() {
        return Err(CUDA_ERROR_NOT_SUPPORTED);
    }
    let kernel = function.kernel.clone();
    let fits =
        |sizes: [c_uint; 3], limits: [u32; 3]| sizes.iter().zip(limits).all(|(n, limit)| (1..=limit).contains(n));
    let threads = block.iter().map(|&n| u64::from(n)).product::<u64>();
    // Dynamic shared memory begins at a multiple of 16.
    let shared_bytes = shared as usize;
    let all_shared =
        if shared == 0 { kernel.shared_bytes } else { kernel.shared_bytes.next_multiple_of(16) + shared_bytes };
    if !fits(grid, device::MAX_GRID)
        || !fits(block, device::MAX_BLOCK)
        || threads > u64::from(device::MAX_THREADS)
        || all_shared > device::MAX_SHARED
        || kernel.param_bytes > MAX_PARAMS
    {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    // SAFETY: the caller's promise.
    let params = unsafe { copy_params(&kernel, params) }?;
    let symbols = function.symbols.clone();
    let launch = Launch { kernel, grid, block, shared_bytes, params, symbols };
    let memory = state.memory_of(context)?;
    state.enqueue(stream, Work::Kernel(Prepared { launch, memory }))?;
    Ok(())
}

/// The values of the parameters, laid out as the kernel expects them.
///
/// # Safety
///
/// `params` is null or an array with a pointer to a value for each of the kernel's parameters.
unsafe fn copy_params(kernel: &Kernel, params: *mut *mut c_void) -> Result<Vec<u8>> {
    let mut bytes = vec![0; kernel.param_bytes];
    if params.is_null() && !kernel.params.is_empty() {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    for (i, param) in kernel.params.iter().enumerate() {
        // SAFETY: the array has a pointer for each parameter.
        let value = unsafe { params.add(i).read() };
        let target = bytes.get_mut(param.offset..param.offset + param.bytes).ok_or(CUDA_ERROR_INVALID_VALUE)?;
        if value.is_null() {
            return Err(CUDA_ERROR_INVALID_VALUE);
        }
        // SAFETY: the pointer is to a value of the parameter's type.
        unsafe { target.as_mut_ptr().copy_from_nonoverlapping(value.cast(), param.bytes) };
    }
    Ok(bytes)
}
