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
    match choice() {
        Choice::Gpu(_) => Backend::Gpu,
        Choice::Simulator => Backend::Simulator,
        Choice::Refused(code, _) => Backend::Refused(*code),
    }
}

/// One of the two that can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// NVIDIA's driver.
    Gpu,
    /// The simulated GPU.
    Simulator,
}

/// Decides who answers, as `UNROLLED_CUDA` does, and before it: for programs that ask their user. Call it before any other
/// function.
///
/// # Errors
/// If there is no GPU, or the other one answers already; the message says it.
pub fn choose(side: Side) -> Result<(), String> {
    match (CHOICE.get_or_init(|| decide(side)), side) {
        (Choice::Gpu(_), Side::Gpu) | (Choice::Simulator, Side::Simulator) => Ok(()),
        (Choice::Refused(_, problem), _) => Err(problem.clone()),
        (Choice::Gpu(_), Side::Simulator) => Err("the GPU answers already".into()),
        (Choice::Simulator, Side::Gpu) => Err("the simulated GPU answers already".into()),
    }
}

/// As [`Backend`], with the driver, and with the reason.
pub enum Choice {
    Gpu(Library),
    Simulator,
    Refused(CUresult, String),
}

static CHOICE: OnceLock<Choice> = OnceLock::new();

/// Decides, once. A refusal is explained on stderr: CUDA has only a code for it.
pub fn choice() -> &'static Choice {
    CHOICE.get_or_init(|| {
        let wish = env::var_os("UNROLLED_CUDA");
        let choice = match wish.as_deref().map(|wish| wish.to_str()) {
            None => usable_driver().map_or(Choice::Simulator, Choice::Gpu),
            Some(Some("sim")) => decide(Side::Simulator),
            Some(Some("gpu")) => decide(Side::Gpu),
            _ => {
                let wish = wish.unwrap_or_default();
                let problem = format!("it is {wish:?}, expected gpu or sim, or that it isn't set");
                Choice::Refused(CUDA_ERROR_INVALID_VALUE, problem)
            }
        };
        if let Choice::Refused(_, problem) = &choice {
            eprintln!("UNROLLED_CUDA: {problem}");
        }
        choice
    })
}

fn decide(side: Side) -> Choice {
    match side {
        Side::Simulator => Choice::Simulator,
        Side::Gpu => usable_driver().map_or_else(
            |problem| {
                let advice = "install NVIDIA's driver, or use the simulated GPU (sim)";
                Choice::Refused(CUDA_ERROR_NO_DEVICE, format!("no GPU can be used, as {problem}; {advice}"))
            },
            Choice::Gpu,
        ),
    }
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
