//! The 63 functions of the driver that RustaCUDA can call.

use crate::CUresult::*;
use crate::backend::{self, Choice};
use crate::callback;
use crate::error;
use crate::ffi::{functions, pointer, real, store, store_if_wanted, text};
use crate::sim::copy::End::{Device, Host};
use crate::sim::{self, context, copy, device, event, launch, memory, module, stream};
use crate::types::*;
use std::os::raw::{c_char, c_int, c_uchar, c_uint, c_void};
use std::ptr;

// The driver and its devices.
functions! {
    /// Makes the driver ready. Every other function but [`cuDriverGetVersion`] and [`cuGetErrorString`] wants that first.
    fn cuInit(Flags: c_uint) { device::init(Flags) }

    /// The version of CUDA that the driver supports: 1000 × major + 10 × minor.
    fn cuDriverGetVersion(driverVersion: *mut c_int) { store(driverVersion, || Ok(device::DRIVER_VERSION)) }

    /// The number of devices.
    fn cuDeviceGetCount(count: *mut c_int) { store(count, device::count) }

    /// The device of this number, from 0.
    fn cuDeviceGet(device: *mut CUdevice, ordinal: c_int) { store(device, || device::get(ordinal)) }

    /// The device's name, cut to `len` bytes with the NUL at its end.
    fn cuDeviceGetName(name: *mut c_char, len: c_int, dev: CUdevice) {
        device::index(dev)?;
        let len = usize::try_from(len).map_err(|_| CUDA_ERROR_INVALID_VALUE)?;
        if name.is_null() || len == 0 {
            return Err(CUDA_ERROR_INVALID_VALUE);
        }
        let bytes = device::NAME.count_bytes().min(len - 1);
        name.copy_from_nonoverlapping(device::NAME.as_ptr(), bytes);
        name.add(bytes).write(0);
        Ok(())
    }

    /// The size of the device's memory, in bytes.
    fn cuDeviceTotalMem_v2(bytes: *mut usize, dev: CUdevice) { store(bytes, || device::total_memory(dev)) }

    /// The device's identity.
    fn cuDeviceGetUuid(uuid: *mut CUuuid, dev: CUdevice) {
        store(uuid, || Ok(CUuuid { bytes: device::uuid(dev)?.map(|byte| byte as i8) }))
    }

    /// What the device can do.
    fn cuDeviceGetAttribute(pi: *mut c_int, attrib: CUdevice_attribute, dev: CUdevice) {
        store(pi, || device::attribute(attrib, dev))
    }
}

// Contexts.
functions! {
    /// Makes a context and makes it current.
    fn cuCtxCreate_v2(pctx: *mut CUcontext, flags: c_uint, dev: CUdevice) {
        store(pctx, || context::create(flags, dev).map(pointer))
    }

    /// Destroys a context and all that belongs to it.
    fn cuCtxDestroy_v2(ctx: CUcontext) { context::destroy(ctx.addr()) }

    /// Makes a context current; the one that was stays below it.
    fn cuCtxPushCurrent_v2(ctx: CUcontext) { context::push(ctx.addr()) }

    /// Takes the current context off the stack.
    fn cuCtxPopCurrent_v2(pctx: *mut CUcontext) {
        let popped = context::pop()?;
        store_if_wanted(pctx, pointer(popped));
        Ok(())
    }

    /// Puts a context in the place of the current one.
    fn cuCtxSetCurrent(ctx: CUcontext) { context::set_current(ctx.addr()) }

    /// The current context, or null.
    fn cuCtxGetCurrent(pctx: *mut CUcontext) { store(pctx, || context::get_current().map(pointer)) }

    /// The current context's device.
    fn cuCtxGetDevice(device: *mut CUdevice) { store(device, context::device) }

    /// The flags that the current context was made with.
    fn cuCtxGetFlags(flags: *mut c_uint) { store(flags, context::flags) }

    /// The version of the interface that the context was made with.
    fn cuCtxGetApiVersion(ctx: CUcontext, version: *mut c_uint) { store(version, || context::api_version(ctx.addr())) }

    /// Waits for all of the current context's work.
    fn cuCtxSynchronize() { context::synchronize() }

    /// A limit of the current context.
    fn cuCtxGetLimit(pvalue: *mut usize, limit: CUlimit) { store(pvalue, || context::limit(limit)) }

    /// Sets a limit of the current context.
    fn cuCtxSetLimit(limit: CUlimit, value: usize) { context::set_limit(limit, value) }

    /// What the current context's kernels prefer, cache or shared memory.
    fn cuCtxGetCacheConfig(pconfig: *mut CUfunc_cache) { store(pconfig, context::cache_config) }

    /// Sets what the current context's kernels prefer.
    fn cuCtxSetCacheConfig(config: CUfunc_cache) { context::set_cache_config(config) }

    /// The width of the banks of shared memory.
    fn cuCtxGetSharedMemConfig(pConfig: *mut CUsharedconfig) { store(pConfig, context::shared_config) }

    /// Sets the width of the banks of shared memory.
    fn cuCtxSetSharedMemConfig(config: CUsharedconfig) { context::set_shared_config(config) }

    /// The least and the greatest priority that a stream can have.
    fn cuCtxGetStreamPriorityRange(leastPriority: *mut c_int, greatestPriority: *mut c_int) {
        let (least, greatest) = context::priority_range()?;
        store_if_wanted(leastPriority, least);
        store_if_wanted(greatestPriority, greatest);
        Ok(())
    }
}

// Memory.
functions! {
    // ANCHOR: memory
    /// Allocates memory of the current context's device.
    fn cuMemAlloc_v2(dptr: *mut CUdeviceptr, bytesize: usize) { store(dptr, || memory::allocate(bytesize)) }

    /// Allocates memory that the host and all devices share.
    fn cuMemAllocManaged(dptr: *mut CUdeviceptr, bytesize: usize, flags: c_uint) {
        store(dptr, || memory::allocate_managed(bytesize, flags))
    }

    /// Frees what the two above gave.
    fn cuMemFree_v2(dptr: CUdeviceptr) { memory::free(dptr) }
    // ANCHOR_END: memory

    /// Allocates page-locked memory of the host.
    fn cuMemAllocHost_v2(pp: *mut *mut c_void, bytesize: usize) {
        store(pp, || Ok(ptr::with_exposed_provenance_mut(memory::allocate_host(bytesize)? as usize)))
    }

    /// Frees what the function above gave.
    fn cuMemFreeHost(p: *mut c_void) { memory::free_host(p.addr() as u64) }

    /// Copies from the host to a device.
    fn cuMemcpyHtoD_v2(dstDevice: CUdeviceptr, srcHost: *const c_void, ByteCount: usize) {
        copy::copy(Device(dstDevice), Host(srcHost.cast_mut()), ByteCount, None)
    }

    /// Copies from a device to the host.
    fn cuMemcpyDtoH_v2(dstHost: *mut c_void, srcDevice: CUdeviceptr, ByteCount: usize) {
        copy::copy(Host(dstHost), Device(srcDevice), ByteCount, None)
    }

    /// Copies from a device to the same or another one.
    fn cuMemcpyDtoD_v2(dstDevice: CUdeviceptr, srcDevice: CUdeviceptr, ByteCount: usize) {
        copy::copy(Device(dstDevice), Device(srcDevice), ByteCount, None)
    }

    /// Copies from the host to a device when the stream comes to it.
    fn cuMemcpyHtoDAsync_v2(dstDevice: CUdeviceptr, srcHost: *const c_void, ByteCount: usize, hStream: CUstream) {
        copy::copy(Device(dstDevice), Host(srcHost.cast_mut()), ByteCount, Some(hStream.addr()))
    }

    /// Copies from a device to the host when the stream comes to it.
    fn cuMemcpyDtoHAsync_v2(dstHost: *mut c_void, srcDevice: CUdeviceptr, ByteCount: usize, hStream: CUstream) {
        copy::copy(Host(dstHost), Device(srcDevice), ByteCount, Some(hStream.addr()))
    }

    /// Copies from a device to the same or another one when the stream comes to it.
    fn cuMemcpyDtoDAsync_v2(dstDevice: CUdeviceptr, srcDevice: CUdeviceptr, ByteCount: usize, hStream: CUstream) {
        copy::copy(Device(dstDevice), Device(srcDevice), ByteCount, Some(hStream.addr()))
    }

    /// Sets bytes of a device's memory.
    fn cuMemsetD8_v2(dstDevice: CUdeviceptr, uc: c_uchar, N: usize) { copy::fill(dstDevice, uc, N) }

    /// Allocates an array for textures. The simulator has none.
    fn cuArray3DCreate_v2(pHandle: *mut CUarray, pAllocateArray: *const CUDA_ARRAY3D_DESCRIPTOR) {
        Err(CUDA_ERROR_NOT_SUPPORTED)
    }

    /// The shape of an array. The simulator has none.
    fn cuArray3DGetDescriptor_v2(pArrayDescriptor: *mut CUDA_ARRAY3D_DESCRIPTOR, hArray: CUarray) {
        Err(CUDA_ERROR_NOT_SUPPORTED)
    }

    /// Frees an array. The simulator has none.
    fn cuArrayDestroy(hArray: CUarray) { Err(CUDA_ERROR_NOT_SUPPORTED) }
}

// Modules and kernels.
functions! {
    /// Loads PTX, a text that ends with NUL.
    fn cuModuleLoadData(module: *mut CUmodule, image: *const c_void) {
        let image = text(image.cast())?;
        store(module, || module::load(image.to_bytes()).map(pointer))
    }

    /// Loads a file of PTX.
    fn cuModuleLoad(module: *mut CUmodule, fname: *const c_char) {
        let fname = text(fname)?;
        store(module, || module::load_file(fname).map(pointer))
    }

    /// Unloads a module.
    fn cuModuleUnload(hmod: CUmodule) { module::unload(hmod.addr()) }

    /// The kernel of this name.
    fn cuModuleGetFunction(hfunc: *mut CUfunction, hmod: CUmodule, name: *const c_char) {
        let name = text(name)?;
        store(hfunc, || module::function(hmod.addr(), name).map(pointer))
    }

    /// The address and the size of the variable of this name.
    fn cuModuleGetGlobal_v2(dptr: *mut CUdeviceptr, bytes: *mut usize, hmod: CUmodule, name: *const c_char) {
        let (address, size) = module::variable(hmod.addr(), text(name)?)?;
        store_if_wanted(dptr, address);
        store_if_wanted(bytes, size);
        Ok(())
    }

    /// What is known of a kernel.
    fn cuFuncGetAttribute(pi: *mut c_int, attrib: CUfunction_attribute, hfunc: CUfunction) {
        store(pi, || module::attribute(attrib, hfunc.addr()))
    }

    /// Sets what the kernel prefers, cache or shared memory.
    fn cuFuncSetCacheConfig(hfunc: CUfunction, config: CUfunc_cache) { module::configure(hfunc.addr()) }

    /// Sets the width of the banks of shared memory for the kernel.
    fn cuFuncSetSharedMemConfig(hfunc: CUfunction, config: CUsharedconfig) { module::configure(hfunc.addr()) }

    /// Launches a kernel.
    fn cuLaunchKernel(
        f: CUfunction, gridDimX: c_uint, gridDimY: c_uint, gridDimZ: c_uint,
        blockDimX: c_uint, blockDimY: c_uint, blockDimZ: c_uint, sharedMemBytes: c_uint,
        hStream: CUstream, kernelParams: *mut *mut c_void, extra: *mut *mut c_void
    ) {
        let (grid, block) = ([gridDimX, gridDimY, gridDimZ], [blockDimX, blockDimY, blockDimZ]);
        launch::launch(f.addr(), grid, block, sharedMemBytes, hStream.addr(), kernelParams, extra)
    }
}

// Streams and events.
functions! {
    /// Makes a stream.
    fn cuStreamCreateWithPriority(phStream: *mut CUstream, flags: c_uint, priority: c_int) {
        store(phStream, || stream::create(flags, priority).map(pointer))
    }

    /// Destroys a stream.
    fn cuStreamDestroy_v2(hStream: CUstream) { stream::destroy(hStream.addr()) }

    /// Waits for all that is queued in the stream.
    fn cuStreamSynchronize(hStream: CUstream) { stream::synchronize(hStream.addr()) }

    /// The flags that the stream was made with.
    fn cuStreamGetFlags(hStream: CUstream, flags: *mut c_uint) { store(flags, || stream::flags(hStream.addr())) }

    /// The stream's priority.
    fn cuStreamGetPriority(hStream: CUstream, priority: *mut c_int) {
        store(priority, || stream::priority(hStream.addr()))
    }

    /// Makes what is queued in the stream from now on wait for an event.
    fn cuStreamWaitEvent(hStream: CUstream, hEvent: CUevent, Flags: c_uint) {
        stream::wait_event(hStream.addr(), hEvent.addr(), Flags)
    }

    /// Makes an event.
    fn cuEventCreate(phEvent: *mut CUevent, Flags: c_uint) { store(phEvent, || event::create(Flags).map(pointer)) }

    /// Destroys an event.
    fn cuEventDestroy_v2(hEvent: CUevent) { event::destroy(hEvent.addr()) }

    /// Records an event in a stream.
    fn cuEventRecord(hEvent: CUevent, hStream: CUstream) { event::record(hEvent.addr(), hStream.addr()) }

    /// Whether what the event marks is done.
    fn cuEventQuery(hEvent: CUevent) { event::query(hEvent.addr()) }

    /// Waits for what the event marks.
    fn cuEventSynchronize(hEvent: CUevent) { event::synchronize(hEvent.addr()) }

    /// Milliseconds from one event to another.
    fn cuEventElapsedTime(pMilliseconds: *mut f32, hStart: CUevent, hEnd: CUevent) {
        store(pMilliseconds, || event::elapsed(hStart.addr(), hEnd.addr()))
    }
}

/// Queues a call of a function of the host.
///
/// # Safety
///
/// The function may be called once with `userData`, from any thread.
pub unsafe extern "C" fn cuStreamAddCallback(
    hStream: CUstream,
    callback: CUstreamCallback,
    userData: *mut c_void,
    flags: c_uint,
) -> CUresult {
    match backend::choice() {
        Choice::Gpu(driver) => {
            let function = real!(driver, cuStreamAddCallback(CUstream, callback::Raw, *mut c_void, c_uint));
            let Some(function) = function else { return CUDA_ERROR_NOT_FOUND };
            callback::with_checked_status(callback, userData, |raw, raw_data| {
                // SAFETY: `raw` calls the callback as its adder allows, and with a status that it can read.
                error::from_number(unsafe { function(hStream, raw, raw_data, flags) })
            })
        }
        Choice::Simulator => sim::call(|| stream::add_callback(hStream, callback, userData, flags)),
        Choice::Refused(code, _) => *code,
    }
}

/// What a code says to people. The text is the same whoever answers the other calls, and it lives for ever.
///
/// # Safety
///
/// `pStr` is null or can be written to.
pub unsafe extern "C" fn cuGetErrorString(error: CUresult, pStr: *mut *const c_char) -> CUresult {
    // SAFETY: the caller's promise.
    let stored = unsafe { store(pStr, || Ok(error::message(error).as_ptr())) };
    stored.map_or_else(|code| code, |()| CUDA_SUCCESS)
}
