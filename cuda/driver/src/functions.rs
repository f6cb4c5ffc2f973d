//! The 63 functions of the driver that RustaCUDA can call.
#![allow(non_snake_case)] // named as cuda.h names them

use crate::CUresult::*;
use crate::backend::{self, Choice};
use crate::error;
use crate::types::*;
use std::ffi::CStr;
use std::mem;
use std::os::raw::{c_char, c_int, c_uchar, c_uint, c_void};
use std::sync::OnceLock;

/// The driver's function of this name and these parameters, looked up once.
macro_rules! real {
    ($driver:expr, $name:ident($($type:ty),*)) => {{
        type Function = unsafe extern "C" fn($($type),*) -> u32;
        static FUNCTION: OnceLock<Option<Function>> = OnceLock::new();
        *FUNCTION.get_or_init(|| {
            const NAME: &CStr = match CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                Ok(name) => name,
                Err(_) => panic!(),
            };
            let address = $driver.symbol(NAME)?;
            // SAFETY: cuda.h declares the function with these parameters; its result, a CUresult, is an int there.
            Some(unsafe { mem::transmute::<*mut c_void, Function>(address.as_ptr()) })
        })
    }};
}

macro_rules! functions {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*);)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Pointers are valid for what the driver's documentation says is read or written there.
        pub unsafe extern "C" fn $name($($arg: $type),*) -> CUresult {
            match backend::choice() {
                Choice::Gpu(driver) => match real!(driver, $name($($type),*)) {
                    // SAFETY: the caller's promise.
                    Some(function) => error::from_number(unsafe { function($($arg),*) }),
                    None => CUDA_ERROR_NOT_FOUND,
                },
                Choice::Simulator => CUDA_ERROR_NOT_SUPPORTED,
                Choice::Refused(code) => *code,
            }
        }
    )*};
}

functions! {
    /// Of the driver.
    fn cuArray3DCreate_v2(pHandle: *mut CUarray, pAllocateArray: *const CUDA_ARRAY3D_DESCRIPTOR);
    /// Of the driver.
    fn cuArray3DGetDescriptor_v2(pArrayDescriptor: *mut CUDA_ARRAY3D_DESCRIPTOR, hArray: CUarray);
    /// Of the driver.
    fn cuArrayDestroy(hArray: CUarray);
    /// Of the driver.
    fn cuCtxCreate_v2(pctx: *mut CUcontext, flags: c_uint, dev: CUdevice);
    /// Of the driver.
    fn cuCtxDestroy_v2(ctx: CUcontext);
    /// Of the driver.
    fn cuCtxGetApiVersion(ctx: CUcontext, version: *mut c_uint);
    /// Of the driver.
    fn cuCtxGetCacheConfig(pconfig: *mut CUfunc_cache);
    /// Of the driver.
    fn cuCtxGetCurrent(pctx: *mut CUcontext);
    /// Of the driver.
    fn cuCtxGetDevice(device: *mut CUdevice);
    /// Of the driver.
    fn cuCtxGetFlags(flags: *mut c_uint);
    /// Of the driver.
    fn cuCtxGetLimit(pvalue: *mut usize, limit: CUlimit);
    /// Of the driver.
    fn cuCtxGetSharedMemConfig(pConfig: *mut CUsharedconfig);
    /// Of the driver.
    fn cuCtxGetStreamPriorityRange(leastPriority: *mut c_int, greatestPriority: *mut c_int);
    /// Of the driver.
    fn cuCtxPopCurrent_v2(pctx: *mut CUcontext);
    /// Of the driver.
    fn cuCtxPushCurrent_v2(ctx: CUcontext);
    /// Of the driver.
    fn cuCtxSetCacheConfig(config: CUfunc_cache);
    /// Of the driver.
    fn cuCtxSetCurrent(ctx: CUcontext);
    /// Of the driver.
    fn cuCtxSetLimit(limit: CUlimit, value: usize);
    /// Of the driver.
    fn cuCtxSetSharedMemConfig(config: CUsharedconfig);
    /// Of the driver.
    fn cuCtxSynchronize();
    /// Of the driver.
    fn cuDeviceGet(device: *mut CUdevice, ordinal: c_int);
    /// Of the driver.
    fn cuDeviceGetAttribute(pi: *mut c_int, attrib: CUdevice_attribute, dev: CUdevice);
    /// Of the driver.
    fn cuDeviceGetCount(count: *mut c_int);
    /// Of the driver.
    fn cuDeviceGetName(name: *mut c_char, len: c_int, dev: CUdevice);
    /// Of the driver.
    fn cuDeviceGetUuid(uuid: *mut CUuuid, dev: CUdevice);
    /// Of the driver.
    fn cuDeviceTotalMem_v2(bytes: *mut usize, dev: CUdevice);
    /// Of the driver.
    fn cuDriverGetVersion(driverVersion: *mut c_int);
    /// Of the driver.
    fn cuEventCreate(phEvent: *mut CUevent, Flags: c_uint);
    /// Of the driver.
    fn cuEventDestroy_v2(hEvent: CUevent);
    /// Of the driver.
    fn cuEventElapsedTime(pMilliseconds: *mut f32, hStart: CUevent, hEnd: CUevent);
    /// Of the driver.
    fn cuEventQuery(hEvent: CUevent);
    /// Of the driver.
    fn cuEventRecord(hEvent: CUevent, hStream: CUstream);
    /// Of the driver.
    fn cuEventSynchronize(hEvent: CUevent);
    /// Of the driver.
    fn cuFuncGetAttribute(pi: *mut c_int, attrib: CUfunction_attribute, hfunc: CUfunction);
    /// Of the driver.
    fn cuFuncSetCacheConfig(hfunc: CUfunction, config: CUfunc_cache);
    /// Of the driver.
    fn cuFuncSetSharedMemConfig(hfunc: CUfunction, config: CUsharedconfig);
    /// Of the driver.
    fn cuInit(Flags: c_uint);
    /// Of the driver.
    fn cuLaunchKernel(f: CUfunction, gridDimX: c_uint, gridDimY: c_uint, gridDimZ: c_uint, blockDimX: c_uint, blockDimY: c_uint, blockDimZ: c_uint, sharedMemBytes: c_uint, hStream: CUstream, kernelParams: *mut *mut c_void, extra: *mut *mut c_void);
    /// Of the driver.
    fn cuMemAllocHost_v2(pp: *mut *mut c_void, bytesize: usize);
    /// Of the driver.
    fn cuMemAllocManaged(dptr: *mut CUdeviceptr, bytesize: usize, flags: c_uint);
    /// Of the driver.
    fn cuMemAlloc_v2(dptr: *mut CUdeviceptr, bytesize: usize);
    /// Of the driver.
    fn cuMemFreeHost(p: *mut c_void);
    /// Of the driver.
    fn cuMemFree_v2(dptr: CUdeviceptr);
    /// Of the driver.
    fn cuMemcpyDtoDAsync_v2(dstDevice: CUdeviceptr, srcDevice: CUdeviceptr, ByteCount: usize, hStream: CUstream);
    /// Of the driver.
    fn cuMemcpyDtoD_v2(dstDevice: CUdeviceptr, srcDevice: CUdeviceptr, ByteCount: usize);
    /// Of the driver.
    fn cuMemcpyDtoHAsync_v2(dstHost: *mut c_void, srcDevice: CUdeviceptr, ByteCount: usize, hStream: CUstream);
    /// Of the driver.
    fn cuMemcpyDtoH_v2(dstHost: *mut c_void, srcDevice: CUdeviceptr, ByteCount: usize);
    /// Of the driver.
    fn cuMemcpyHtoDAsync_v2(dstDevice: CUdeviceptr, srcHost: *const c_void, ByteCount: usize, hStream: CUstream);
    /// Of the driver.
    fn cuMemcpyHtoD_v2(dstDevice: CUdeviceptr, srcHost: *const c_void, ByteCount: usize);
    /// Of the driver.
    fn cuMemsetD8_v2(dstDevice: CUdeviceptr, uc: c_uchar, N: usize);
    /// Of the driver.
    fn cuModuleGetFunction(hfunc: *mut CUfunction, hmod: CUmodule, name: *const c_char);
    /// Of the driver.
    fn cuModuleGetGlobal_v2(dptr: *mut CUdeviceptr, bytes: *mut usize, hmod: CUmodule, name: *const c_char);
    /// Of the driver.
    fn cuModuleLoad(module: *mut CUmodule, fname: *const c_char);
    /// Of the driver.
    fn cuModuleLoadData(module: *mut CUmodule, image: *const c_void);
    /// Of the driver.
    fn cuModuleUnload(hmod: CUmodule);
    /// Of the driver.
    fn cuStreamCreateWithPriority(phStream: *mut CUstream, flags: c_uint, priority: c_int);
    /// Of the driver.
    fn cuStreamDestroy_v2(hStream: CUstream);
    /// Of the driver.
    fn cuStreamGetFlags(hStream: CUstream, flags: *mut c_uint);
    /// Of the driver.
    fn cuStreamGetPriority(hStream: CUstream, priority: *mut c_int);
    /// Of the driver.
    fn cuStreamSynchronize(hStream: CUstream);
    /// Of the driver.
    fn cuStreamWaitEvent(hStream: CUstream, hEvent: CUevent, Flags: c_uint);
    /// Of the driver.
    fn cuStreamAddCallback(hStream: CUstream, callback: CUstreamCallback, userData: *mut c_void, flags: c_uint);
}

/// Stores the text of a code.
///
/// # Safety
///
/// `pStr` may be written to.
pub unsafe extern "C" fn cuGetErrorString(error: CUresult, pStr: *mut *const c_char) -> CUresult {
    if pStr.is_null() {
        return CUDA_ERROR_INVALID_VALUE;
    }
    // SAFETY: the caller's promise.
    unsafe { pStr.write(error::message(error).as_ptr()) };
    CUDA_SUCCESS
}
