//! Opening a shared library at run time and finding functions in it.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

pub use system::NAME;

/// An open library; never closed, as addresses of its functions are kept.
#[derive(Debug, Clone, Copy)]
pub struct Library(NonNull<c_void>);

// SAFETY: a handle that only the loader's functions take, and they may be called from any thread.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Library {
    /// Opens the driver, whose code then runs in this process.
    ///
    /// # Errors
    ///
    /// What the system says if there is none.
    pub fn open() -> Result<Self, String> {
        system::open().map(Library)
    }

    /// The address of the function of this name.
    pub fn symbol(self, name: &CStr) -> Option<NonNull<c_void>> {
        system::symbol(self.0, name)
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod system {
    use std::ffi::{CStr, c_char, c_int, c_void};
    use std::ptr::NonNull;

    /// The driver's file.
    pub const NAME: &str = "libcuda.so.1";

    const RTLD_NOW: c_int = 2;

    unsafe extern "C" {
        fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
        fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
        fn dlerror() -> *mut c_char;
    }

    pub fn open() -> Result<NonNull<c_void>, String> {
        // SAFETY: the name ends with NUL; the code that NVIDIA's library runs when it is loaded is trusted.
        let library = unsafe { dlopen(c"libcuda.so.1".as_ptr(), RTLD_NOW) };
        NonNull::new(library).ok_or_else(|| {
            // SAFETY: dlerror returns null or a string that is valid until the next call on this thread.
            let problem = NonNull::new(unsafe { dlerror() });
            // SAFETY: as above; it isn't null.
            problem.map_or_else(String::new, |text| unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into())
        })
    }

    pub fn symbol(library: NonNull<c_void>, name: &CStr) -> Option<NonNull<c_void>> {
        // SAFETY: the handle came from dlopen and was never closed; the name ends with NUL.
        NonNull::new(unsafe { dlsym(library.as_ptr(), name.as_ptr()) })
    }
}

#[cfg(windows)]
mod system {
    use std::ffi::{CStr, c_char, c_void};
    use std::io::Error;
    use std::ptr::NonNull;

    /// The driver's file.
    pub const NAME: &str = "nvcuda.dll";

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn LoadLibraryA(name: *const c_char) -> *mut c_void;
        fn GetProcAddress(library: *mut c_void, name: *const c_char) -> *mut c_void;
    }

    pub fn open() -> Result<NonNull<c_void>, String> {
        // SAFETY: the name ends with NUL; the code that NVIDIA's library runs when it is loaded is trusted.
        let library = unsafe { LoadLibraryA(c"nvcuda.dll".as_ptr()) };
        NonNull::new(library).ok_or_else(|| Error::last_os_error().to_string())
    }

    pub fn symbol(library: NonNull<c_void>, name: &CStr) -> Option<NonNull<c_void>> {
        // SAFETY: the handle came from LoadLibraryA and was never freed; the name ends with NUL.
        NonNull::new(unsafe { GetProcAddress(library.as_ptr(), name.as_ptr()) })
    }
}

#[cfg(not(any(windows, all(unix, not(target_os = "macos")))))]
mod system {
    use std::ffi::{CStr, c_void};
    use std::ptr::NonNull;

    /// The driver's file.
    pub const NAME: &str = "a CUDA driver";

    pub fn open() -> Result<NonNull<c_void>, String> {
        Err("NVIDIA has none for this system".into())
    }

    pub fn symbol(_: NonNull<c_void>, _: &CStr) -> Option<NonNull<c_void>> {
        None
    }
}
