//! What RustaCUDA never does: wrong handles, null pointers, the default stream. It is asked of the simulator alone, as
//! a driver may crash on some of it.

mod common;

use common::*;
use cuda_driver_sys::CUresult::*;
use cuda_driver_sys::*;
use rustacuda::memory::UnifiedBox;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut, without_provenance_mut};

/// A handle that was never given out.
fn wrong<T>() -> *mut T {
    without_provenance_mut(0xdead_beef)
}

/// Calls a function of the driver.
macro_rules! call {
    ($name:ident($($arg:expr),* $(,)?)) => {
        // SAFETY: the simulator looks handles up, and writes where pointers aren't null.
        unsafe { $name($($arg),*) }
    };
}

#[test]
fn wrong_handles_are_refused() {
    let _context = context();
    if !simulated() {
        return;
    }
    let (mut pointer, mut number, mut size, mut unsigned) = (0, 0, 0, 0);
    assert_eq!(call!(cuCtxDestroy_v2(wrong())), CUDA_ERROR_INVALID_CONTEXT);
    assert_eq!(call!(cuCtxPushCurrent_v2(wrong())), CUDA_ERROR_INVALID_CONTEXT);
    assert_eq!(call!(cuCtxPushCurrent_v2(null_mut())), CUDA_ERROR_INVALID_CONTEXT);
    assert_eq!(call!(cuCtxSetCurrent(wrong())), CUDA_ERROR_INVALID_CONTEXT);
    assert_eq!(call!(cuCtxGetApiVersion(wrong(), &mut unsigned)), CUDA_ERROR_INVALID_CONTEXT);

    assert_eq!(call!(cuStreamSynchronize(wrong())), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuStreamDestroy_v2(wrong())), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuStreamDestroy_v2(null_mut())), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuStreamGetFlags(wrong(), &mut unsigned)), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuStreamGetPriority(wrong(), &mut number)), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuStreamWaitEvent(null_mut(), wrong(), 0)), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuStreamAddCallback(wrong(), None, null_mut(), 0)), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuStreamAddCallback(null_mut(), None, null_mut(), 0)), CUDA_ERROR_INVALID_VALUE);

    assert_eq!(call!(cuEventRecord(wrong(), null_mut())), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuEventSynchronize(wrong())), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuEventQuery(null_mut())), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuEventDestroy_v2(wrong())), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuEventElapsedTime(&mut 0.0, wrong(), wrong())), CUDA_ERROR_INVALID_HANDLE);

    assert_eq!(call!(cuModuleUnload(wrong())), CUDA_ERROR_INVALID_HANDLE);
    assert_eq!(call!(cuModuleGetFunction(&mut null_mut(), wrong(), c"saxpy".as_ptr())), CUDA_ERROR_INVALID_HANDLE);
    let name = c"factor".as_ptr();
    assert_eq!(call!(cuModuleGetGlobal_v2(&mut pointer, &mut size, wrong(), name)), CUDA_ERROR_INVALID_HANDLE);
    let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_NUM_REGS;
    assert_eq!(call!(cuFuncGetAttribute(&mut number, attribute, wrong())), CUDA_ERROR_INVALID_HANDLE);
    let config = CUfunc_cache::CU_FUNC_CACHE_PREFER_NONE;
    assert_eq!(call!(cuFuncSetCacheConfig(wrong(), config)), CUDA_ERROR_INVALID_HANDLE);
    let launch = call!(cuLaunchKernel(wrong(), 1, 1, 1, 1, 1, 1, 0, null_mut(), null_mut(), null_mut()));
    assert_eq!(launch, CUDA_ERROR_INVALID_HANDLE);
}

#[test]
fn null_pointers_and_wrong_values_are_refused() {
    let _context = context();
    if !simulated() {
        return;
    }
    let mut pointer = 0;
    assert_eq!(call!(cuInit(1)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuDeviceGetCount(null_mut())), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuDeviceGetName(null_mut(), 10, 0)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuDeviceGetName(null_mut(), 10, 1000)), CUDA_ERROR_INVALID_DEVICE);
    assert_eq!(call!(cuDeviceGet(&mut 0, -1)), CUDA_ERROR_INVALID_DEVICE);
    assert_eq!(call!(cuCtxCreate_v2(null_mut(), 0, 0)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuCtxCreate_v2(&mut null_mut(), 1 << 20, 0)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuCtxCreate_v2(&mut null_mut(), 0, 1000)), CUDA_ERROR_INVALID_DEVICE);
    assert_eq!(call!(cuCtxGetLimit(&mut 0, CUlimit::CU_LIMIT_MAX)), CUDA_ERROR_UNSUPPORTED_LIMIT);
    assert_eq!(call!(cuCtxSetLimit(CUlimit::CU_LIMIT_MAX, 0)), CUDA_ERROR_UNSUPPORTED_LIMIT);
    assert_eq!(call!(cuMemAlloc_v2(null_mut(), 4)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemAlloc_v2(&mut pointer, 0)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemAllocManaged(&mut pointer, 0, 1)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemAllocManaged(&mut pointer, 4, 9)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemAllocHost_v2(&mut null_mut(), 0)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemFree_v2(0)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemFreeHost(null_mut())), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuModuleLoadData(&mut null_mut(), null())), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuModuleLoad(&mut null_mut(), null())), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuModuleGetFunction(&mut null_mut(), null_mut(), null())), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuStreamCreateWithPriority(&mut null_mut(), 2, 0)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuEventCreate(&mut null_mut(), 8)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuEventCreate(&mut null_mut(), 4)), CUDA_ERROR_INVALID_VALUE); // timed, between processes
    assert_eq!(call!(cuGetErrorString(CUDA_SUCCESS, null_mut())), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuArrayDestroy(null_mut())), CUDA_ERROR_NOT_SUPPORTED);
}

#[test]
fn kinds_of_memory_are_not_mixed_up() {
    let _context = context();
    if !simulated() {
        return;
    }
    let (mut device, mut managed, mut host) = (0, 0, null_mut());
    assert_eq!(call!(cuMemAlloc_v2(&mut device, 64)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemAllocManaged(&mut managed, 64, 1)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemAllocHost_v2(&mut host, 64)), CUDA_SUCCESS);
    let as_host = without_provenance_mut::<c_void>(device as usize);

    assert_eq!(call!(cuMemFreeHost(as_host)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemFree_v2(host.addr() as u64)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemcpyHtoD_v2(device, null(), 4)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemcpyHtoD_v2(device, null(), 0)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemcpyHtoD_v2(device, as_host, 4)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemcpyDtoH_v2(as_host, device, 4)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemcpyDtoD_v2(device, 0x10, 4)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemsetD8_v2(device + 60, 0, 5)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemsetD8_v2(device, 0, usize::MAX)), CUDA_ERROR_INVALID_VALUE);

    // Page-locked memory can be reached as a device's; so can managed memory.
    assert_eq!(call!(cuMemsetD8_v2(device, 5, 64)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemcpyDtoD_v2(managed, device, 64)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemcpyDtoH_v2(host, managed, 63)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemsetD8_v2(host.addr() as u64 + 63, 6, 1)), CUDA_SUCCESS);
    // SAFETY: 64 bytes were allocated and set.
    let bytes = unsafe { std::slice::from_raw_parts(host.cast::<u8>(), 64) };
    assert!(bytes[..63].iter().all(|byte| *byte == 5) && bytes[63] == 6);

    assert_eq!(call!(cuMemFree_v2(device)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemFree_v2(device)), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(call!(cuMemFree_v2(managed)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemFreeHost(host)), CUDA_SUCCESS);
}

#[test]
fn names_are_cut_to_the_room_there_is() {
    rustacuda::init(rustacuda::CudaFlags::empty()).unwrap();
    let mut name: [c_char; 8] = [1; 8];
    assert_eq!(call!(cuDeviceGetName(name.as_mut_ptr(), 5, 0)), CUDA_SUCCESS);
    assert_eq!(name[5], 1); // untouched
    // SAFETY: a NUL was written.
    let name = unsafe { CStr::from_ptr(name.as_ptr()) };
    assert_eq!(name.count_bytes(), 4);
}

/// Launches `append` by its handle, in a stream by its handle.
fn append(function: CUfunction, stream: CUstream, number: &mut UnifiedBox<u32>, digit: u32) -> CUresult {
    let pointer = number.as_unified_ptr();
    let mut params = [(&raw const pointer).cast_mut().cast(), (&raw const digit).cast_mut().cast::<c_void>()];
    call!(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, stream, params.as_mut_ptr(), null_mut()))
}

#[test]
fn the_default_stream_and_blocking_streams_wait_for_each_other() {
    let _context = context();
    let (mut module, mut function) = (null_mut(), null_mut());
    let (mut blocking, mut free) = (null_mut(), null_mut());
    let source = name(PTX);
    assert_eq!(call!(cuModuleLoadData(&mut module, source.as_ptr().cast())), CUDA_SUCCESS);
    assert_eq!(call!(cuModuleGetFunction(&mut function, module, c"append".as_ptr())), CUDA_SUCCESS);
    assert_eq!(call!(cuStreamCreateWithPriority(&mut blocking, 0, 0)), CUDA_SUCCESS);
    assert_eq!(call!(cuStreamCreateWithPriority(&mut free, 1, 0)), CUDA_SUCCESS);

    // In managed memory, which can be looked at without a copy that would wait.
    let (mut number, mut other) = (UnifiedBox::new(0).unwrap(), UnifiedBox::new(0).unwrap());
    assert_eq!(append(function, free, &mut other, 9), CUDA_SUCCESS);
    for (stream, digit) in [(blocking, 1), (null_mut(), 2), (blocking, 3)] {
        assert_eq!(append(function, stream, &mut number, digit), CUDA_SUCCESS);
    }
    assert_eq!(call!(cuStreamSynchronize(blocking)), CUDA_SUCCESS);
    assert_eq!(*number, 123);
    if simulated() {
        assert_eq!(*other, 0);
    }
    assert_eq!(append(function, blocking, &mut number, 4), CUDA_SUCCESS);
    assert_eq!(call!(cuStreamSynchronize(null_mut())), CUDA_SUCCESS);
    assert_eq!(*number, 1234);
    assert_eq!(call!(cuCtxSynchronize()), CUDA_SUCCESS);
    assert_eq!(*other, 9);
}

#[test]
fn memory_ends_with_its_context() {
    let _context = context();
    if !simulated() {
        return;
    }
    let (mut addresses, mut host) = ([0; 2], null_mut());
    let inner = context();
    assert_eq!(call!(cuMemAlloc_v2(&mut addresses[0], 4)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemAllocManaged(&mut addresses[1], 4, 1)), CUDA_SUCCESS);
    assert_eq!(call!(cuMemAllocHost_v2(&mut host, 4)), CUDA_SUCCESS);
    drop(inner);
    for address in addresses {
        assert_eq!(call!(cuMemsetD8_v2(address, 0, 4)), CUDA_ERROR_INVALID_VALUE);
        assert_eq!(call!(cuMemFree_v2(address)), CUDA_ERROR_INVALID_VALUE);
    }
    assert_eq!(call!(cuMemFreeHost(host)), CUDA_ERROR_INVALID_VALUE);
}

#[test]
fn parameters_must_be_there() {
    let _context = context();
    if !simulated() {
        return;
    }
    let (mut module, mut function) = (null_mut(), null_mut());
    let source = name(PTX);
    assert_eq!(call!(cuModuleLoadData(&mut module, source.as_ptr().cast())), CUDA_SUCCESS);
    assert_eq!(call!(cuModuleGetFunction(&mut function, module, c"append".as_ptr())), CUDA_SUCCESS);
    let launch = |params: *mut *mut c_void, extra: *mut *mut c_void| {
        call!(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, null_mut(), params, extra))
    };
    let mut nothing = [null_mut(); 2];
    assert_eq!(launch(null_mut(), null_mut()), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(launch(nothing.as_mut_ptr(), null_mut()), CUDA_ERROR_INVALID_VALUE);
    assert_eq!(launch(null_mut(), nothing.as_mut_ptr()), CUDA_ERROR_NOT_SUPPORTED);
    // A function's handle ends with its module.
    assert_eq!(call!(cuModuleUnload(module)), CUDA_SUCCESS);
    assert_eq!(launch(nothing.as_mut_ptr(), null_mut()), CUDA_ERROR_INVALID_HANDLE);
}

#[test]
fn every_code_has_a_text() {
    let mut text = null();
    assert_eq!(call!(cuGetErrorString(CUDA_ERROR_NO_DEVICE, &mut text)), CUDA_SUCCESS);
    // SAFETY: a text that lives for ever.
    let text = unsafe { CStr::from_ptr(text) };
    assert_eq!(text, c"no CUDA device is there");
    assert_eq!(rustacuda::error::CudaError::NoDevice.to_string(), "\"no CUDA device is there\"");
}
