//! Who answers: the machine's driver, or the simulator.

use crate::CUresult::{self, *};
use crate::library::{self, Library};
use std::env;
use std::ffi::{c_int, c_uint};
use std::mem;
use std::sync::OnceLock;

/// Who answers the calls of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// NVIDIA's driver.
    Gpu,
    /// The simulated GPU.
    Simulator,
    /// Nobody: `UNROLLED_CUDA` asks for what can't be had. Every call returns this code.
    Refused(CUresult),
}

/// Who answers, decided by the first call of any function: the GPU if the machine has one, else the simulator, or as
/// the environment variable `UNROLLED_CUDA` says: `gpu` or `sim`.
pub fn backend() -> Backend {
    match *choice() {
        Choice::Gpu(_) => Backend::Gpu,
        Choice::Simulator => Backend::Simulator,
        Choice::Refused(code) => Backend::Refused(code),
    }
}

/// As [`Backend`], with the driver.
pub enum Choice {
    Gpu(Library),
    Simulator,
    Refused(CUresult),
}

/// Decides, once. A refusal is explained on stderr.
pub fn choice() -> &'static Choice {
    static CHOICE: OnceLock<Choice> = OnceLock::new();
    CHOICE.get_or_init(|| {
        let wish = env::var_os("UNROLLED_CUDA");
        match wish.as_deref().map(|wish| wish.to_str()) {
            None => usable_driver().map_or(Choice::Simulator, Choice::Gpu),
            Some(Some("sim")) => Choice::Simulator,
            Some(Some("gpu")) => usable_driver().map_or_else(
                |problem| {
                    eprintln!(
                        "UNROLLED_CUDA=gpu: {problem}. Install NVIDIA's driver, or unset UNROLLED_CUDA to use the \
                         simulated GPU."
                    );
                    Choice::Refused(CUDA_ERROR_NO_DEVICE)
                },
                Choice::Gpu,
            ),
            _ => {
                let wish = wish.unwrap_or_default();
                eprintln!("UNROLLED_CUDA is {wish:?}: expected gpu or sim, or that it isn't set.");
                Choice::Refused(CUDA_ERROR_INVALID_VALUE)
            }
        }
    })
}

/// The driver, if it has a device, or what is wrong with it.
fn usable_driver() -> Result<Library, String> {
    let name = library::NAME;
    let driver = Library::open().map_err(|problem| format!("{name} can't be opened ({problem})"))?;
    let init = driver.symbol(c"cuInit").ok_or_else(|| format!("{name} has no cuInit"))?;
    let count = driver.symbol(c"cuDeviceGetCount").ok_or_else(|| format!("{name} has no cuDeviceGetCount"))?;
    // SAFETY: cuda.h declares `CUresult cuInit(unsigned int)`; any number is a u32.
    let init: unsafe extern "C" fn(c_uint) -> u32 = unsafe { mem::transmute(init.as_ptr()) };
    // SAFETY: cuda.h declares `CUresult cuDeviceGetCount(int *)`.
    let count: unsafe extern "C" fn(*mut c_int) -> u32 = unsafe { mem::transmute(count.as_ptr()) };

    // SAFETY: cuInit may be called at any time.
    let code = unsafe { init(0) };
    if code != 0 {
        return Err(format!("{name} reports no usable device (cuInit returned {code})"));
    }
    let mut devices = 0;
    // SAFETY: a pointer to an int.
    let code = unsafe { count(&mut devices) };
    if code != 0 || devices < 1 {
        return Err(format!("{name} reports no device"));
    }
    Ok(driver)
}
