//! What all functions of the driver have in common: whom they ask, and how they read and write through pointers.

use crate::CUresult::*;
use crate::sim::{Handle, Result};
use std::ffi::{CStr, c_char};
use std::ptr;

/// The driver's function of this name and these parameters, looked up once.
macro_rules! real {
    ($driver:expr, $name:ident($($type:ty),*)) => {{
        type Function = unsafe extern "C" fn($($type),*) -> u32;
        static FUNCTION: std::sync::OnceLock<Option<Function>> = std::sync::OnceLock::new();
        *FUNCTION.get_or_init(|| {
            let name = std::ffi::CStr::from_bytes_until_nul(concat!(stringify!($name), "\0").as_bytes()).ok()?;
            let address = $driver.symbol(name)?.as_ptr();
            // SAFETY: cuda.h declares the function with these parameters; its result, a CUresult, is a number there.
            Some(unsafe { std::mem::transmute::<*mut std::ffi::c_void, Function>(address) })
        })
    }};
}

// ANCHOR: functions
/// Functions with the parameters of `cuda.h`, each followed by the simulator's answer.
macro_rules! functions {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $answer:block)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Pointers are valid for what CUDA's documentation says is read or written there.
        pub unsafe extern "C" fn $name($($arg: $type),*) -> CUresult {
            match backend::choice() {
                Choice::Gpu(driver) => match real!(driver, $name($($type),*)) {
                    // SAFETY: the caller's promise is the one that the driver asks for.
                    Some(function) => error::from_number(unsafe { function($($arg),*) }),
                    None => CUDA_ERROR_NOT_FOUND,
                },
                #[allow(unused_unsafe)] // not all of them take pointers
                // SAFETY: the caller's promise is the one that the simulator asks for.
                Choice::Simulator => sim::call(|| unsafe { $answer }),
                Choice::Refused(code, _) => *code,
            }
        }
    )*};
}
// ANCHOR_END: functions

pub(crate) use {functions, real};

/// Stores an answer where the caller wants it.
///
/// # Safety
///
/// The target is null, which is refused, or can be written to.
pub unsafe fn store<T>(target: *mut T, answer: impl FnOnce() -> Result<T>) -> Result {
    if target.is_null() {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    // SAFETY: it isn't null, so that it can be written to.
    unsafe { target.write(answer()?) };
    Ok(())
}

/// As [`store`], of a value that the caller may not want.
///
/// # Safety
///
/// The target is null or can be written to.
pub unsafe fn store_if_wanted<T>(target: *mut T, value: T) {
    if !target.is_null() {
        // SAFETY: it isn't null, so that it can be written to.
        unsafe { target.write(value) };
    }
}

/// A text that the caller gives.
///
/// # Safety
///
/// The pointer is null, which is refused, or to a text that ends with NUL and lives for `'a`.
pub unsafe fn text<'a>(pointer: *const c_char) -> Result<&'a CStr> {
    if pointer.is_null() {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    // SAFETY: it isn't null, so that it is such a text.
    Ok(unsafe { CStr::from_ptr(pointer) })
}

/// A handle as `cuda.h` has it: a pointer to nothing.
pub fn pointer<T>(handle: Handle) -> *mut T {
    ptr::without_provenance_mut(handle)
}
