//! Callbacks of the machine's driver, whose status may be a code that [`CUresult`] lacks.

use crate::CUresult::{self, *};
use crate::error;
use crate::types::{CUstream, CUstreamCallback};
use std::ffi::c_void;

/// A callback that takes any status.
pub type Raw = Option<unsafe extern "C" fn(CUstream, u32, *mut c_void)>;

struct Callback {
    function: unsafe extern "C" fn(CUstream, CUresult, *mut c_void),
    user_data: *mut c_void,
}

/// Adds, by means of `add`, a raw callback that calls `callback`.
pub fn with_checked_status(
    callback: CUstreamCallback,
    user_data: *mut c_void,
    add: impl FnOnce(Raw, *mut c_void) -> CUresult,
) -> CUresult {
    let Some(function) = callback else { return add(None, user_data) };
    let boxed = Box::into_raw(Box::new(Callback { function, user_data }));
    let code = add(Some(call), boxed.cast());
    if code != CUDA_SUCCESS {
        // SAFETY: it was boxed above, and the driver didn't take it.
        drop(unsafe { Box::from_raw(boxed) });
    }
    code
}

/// # Safety
///
/// `data` is a boxed [`Callback`], which this call uses up.
unsafe extern "C" fn call(stream: CUstream, status: u32, data: *mut c_void) {
    // SAFETY: so the caller promises.
    let callback = unsafe { Box::from_raw(data.cast::<Callback>()) };
    // SAFETY: whoever added it promised that it can be called once with this pointer.
    unsafe { (callback.function)(stream, error::from_number(status), callback.user_data) };
}
