//! What the driver's codes are called.

use crate::CUresult::{self, *};
use std::ffi::CStr;

/// Every code of [`CUresult`] and what it says to people.
const MESSAGES: [(CUresult, &CStr); 75] = [
    (CUDA_SUCCESS, c"no error"),
    (CUDA_ERROR_INVALID_VALUE, c"invalid argument"),
    (CUDA_ERROR_OUT_OF_MEMORY, c"out of memory"),
    (CUDA_ERROR_NOT_INITIALIZED, c"the driver isn't initialised: cuInit comes first"),
    (CUDA_ERROR_DEINITIALIZED, c"the driver is shutting down"),
    (CUDA_ERROR_PROFILER_DISABLED, c"the profiler is disabled"),
    (CUDA_ERROR_PROFILER_NOT_INITIALIZED, c"the profiler isn't initialised"),
    (CUDA_ERROR_PROFILER_ALREADY_STARTED, c"the profiler runs already"),
    (CUDA_ERROR_PROFILER_ALREADY_STOPPED, c"the profiler has stopped already"),
    (CUDA_ERROR_NO_DEVICE, c"no CUDA device is there"),
    (CUDA_ERROR_INVALID_DEVICE, c"no device has this number"),
    (CUDA_ERROR_INVALID_IMAGE, c"the module is neither PTX nor a binary"),
    (CUDA_ERROR_INVALID_CONTEXT, c"no context is current, or the handle isn't a context's"),
    (CUDA_ERROR_CONTEXT_ALREADY_CURRENT, c"the context is current already"),
    (CUDA_ERROR_MAP_FAILED, c"mapping failed"),
    (CUDA_ERROR_UNMAP_FAILED, c"unmapping failed"),
    (CUDA_ERROR_ARRAY_IS_MAPPED, c"the array is mapped"),
    (CUDA_ERROR_ALREADY_MAPPED, c"the resource is mapped already"),
    (CUDA_ERROR_NO_BINARY_FOR_GPU, c"the module holds no code for this device"),
    (CUDA_ERROR_ALREADY_ACQUIRED, c"the resource is taken already"),
    (CUDA_ERROR_NOT_MAPPED, c"the resource isn't mapped"),
    (CUDA_ERROR_NOT_MAPPED_AS_ARRAY, c"the resource isn't mapped as an array"),
    (CUDA_ERROR_NOT_MAPPED_AS_POINTER, c"the resource isn't mapped as a pointer"),
    (CUDA_ERROR_ECC_UNCORRECTABLE, c"an uncorrectable memory error"),
    (CUDA_ERROR_UNSUPPORTED_LIMIT, c"the device has no such limit"),
    (CUDA_ERROR_CONTEXT_ALREADY_IN_USE, c"the context is in use by another thread"),
    (CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, c"the devices can't reach each other's memory"),
    (CUDA_ERROR_INVALID_PTX, c"the PTX doesn't compile"),
    (CUDA_ERROR_INVALID_GRAPHICS_CONTEXT, c"invalid graphics context"),
    (CUDA_ERROR_NVLINK_UNCORRECTABLE, c"an uncorrectable NVLink error"),
    (CUDA_ERROR_JIT_COMPILER_NOT_FOUND, c"the driver's PTX compiler isn't installed"),
    (CUDA_ERROR_INVALID_SOURCE, c"the source of the kernel is invalid"),
    (CUDA_ERROR_FILE_NOT_FOUND, c"file not found"),
    (CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND, c"a symbol of a shared object is missing"),
    (CUDA_ERROR_SHARED_OBJECT_INIT_FAILED, c"a shared object failed to initialise"),
    (CUDA_ERROR_OPERATING_SYSTEM, c"a call of the operating system failed"),
    (CUDA_ERROR_INVALID_HANDLE, c"the handle is none, or is of another context"),
    (CUDA_ERROR_ILLEGAL_STATE, c"illegal state"),
    (CUDA_ERROR_NOT_FOUND, c"nothing of this name was found"),
    (CUDA_ERROR_NOT_READY, c"not finished yet"),
    (CUDA_ERROR_ILLEGAL_ADDRESS, c"a kernel accessed memory that isn't its own"),
    (CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, c"the launch needs more registers or memory than there is"),
    (CUDA_ERROR_LAUNCH_TIMEOUT, c"a kernel ran too long"),
    (CUDA_ERROR_LAUNCH_INCOMPATIBLE_TEXTURING, c"incompatible texturing mode"),
    (CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED, c"peer access is enabled already"),
    (CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, c"peer access isn't enabled"),
    (CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE, c"the primary context is active already"),
    (CUDA_ERROR_CONTEXT_IS_DESTROYED, c"the context is destroyed"),
    (CUDA_ERROR_ASSERT, c"an assertion in a kernel failed"),
    (CUDA_ERROR_TOO_MANY_PEERS, c"too many peers"),
    (CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, c"the host memory is registered already"),
    (CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, c"the host memory isn't registered"),
    (CUDA_ERROR_HARDWARE_STACK_ERROR, c"a kernel's call stack is corrupt"),
    (CUDA_ERROR_ILLEGAL_INSTRUCTION, c"a kernel met an illegal instruction"),
    (CUDA_ERROR_MISALIGNED_ADDRESS, c"a kernel accessed memory at an address that isn't aligned"),
    (CUDA_ERROR_INVALID_ADDRESS_SPACE, c"a kernel accessed the wrong state space"),
    (CUDA_ERROR_INVALID_PC, c"a kernel left its code"),
    (CUDA_ERROR_LAUNCH_FAILED, c"a kernel failed while it ran"),
    (CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, c"the cooperative launch is too large"),
    (CUDA_ERROR_NOT_PERMITTED, c"not permitted here"),
    (CUDA_ERROR_NOT_SUPPORTED, c"not supported"),
    (CUDA_ERROR_SYSTEM_NOT_READY, c"the system isn't ready"),
    (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, c"the driver and its kernel module are of different versions"),
    (CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE, c"the device has no forward compatibility"),
    (CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, c"not permitted while a stream is captured"),
    (CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, c"the capture of the stream is invalid"),
    (CUDA_ERROR_STREAM_CAPTURE_MERGE, c"two captures would merge"),
    (CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, c"the capture didn't begin in this stream"),
    (CUDA_ERROR_STREAM_CAPTURE_UNJOINED, c"the capture has a fork that isn't joined"),
    (CUDA_ERROR_STREAM_CAPTURE_ISOLATION, c"the capture would depend on other work"),
    (CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, c"the capture would depend on the default stream"),
    (CUDA_ERROR_CAPTURED_EVENT, c"the event is part of a capture"),
    (CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, c"another thread began the capture"),
    (CUDA_ERROR_TIMEOUT, c"timeout"),
    (CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, c"the graph can't be updated"),
];

/// The code of this number. Drivers newer than [`CUresult`] have codes that it lacks, and a value that an enum doesn't
/// have must never exist: those become `CUDA_ERROR_UNKNOWN`.
pub fn from_number(number: u32) -> CUresult {
    let known = MESSAGES.iter().find(|(code, _)| *code as u32 == number);
    known.map_or(CUDA_ERROR_UNKNOWN, |(code, _)| *code)
}

/// What the code says to people.
pub fn message(code: CUresult) -> &'static CStr {
    let known = MESSAGES.iter().find(|(other, _)| *other == code);
    known.map_or(c"unknown error", |(_, message)| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the enum's source, so that no code can be forgotten here.
    #[test]
    fn every_code_has_a_message() {
        let source = include_str!("types.rs");
        let body = source.split("pub enum cudaError_enum {").nth(1).unwrap().split('}').next().unwrap();
        let mut codes = 0;
        for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, number) = line.trim_end_matches(',').split_once(" = ").unwrap();
            let code = from_number(number.parse().unwrap());
            assert_eq!(format!("{code:?}"), name);
            assert_eq!(message(code) == c"unknown error", code == CUDA_ERROR_UNKNOWN, "{name}");
            codes += 1;
        }
        assert_eq!(codes, MESSAGES.len() + 1);
    }

    #[test]
    fn codes_of_newer_drivers_are_unknown() {
        for number in [46, 222, 721, 998, 1000, u32::MAX] {
            assert_eq!(from_number(number), CUDA_ERROR_UNKNOWN);
        }
    }
}
