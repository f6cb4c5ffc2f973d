//! A stand-in for the crate `cuda-driver-sys` 0.3.0: what stands between RustaCUDA and the GPU.
//!
//! That crate links NVIDIA's driver, so that nothing which uses RustaCUDA can be built, let alone run, where there is
//! none. This one has the same types and the 63 functions that RustaCUDA 0.1.3 can call, and links nothing. The first
//! call opens the driver (`libcuda.so.1`, on Windows `nvcuda.dll`), and if it has a device, all calls go to it. Else the
//! driver of a simulated GPU answers them, which runs the same PTX. The environment variable `UNROLLED_CUDA`, as `gpu`
//! or `sim`, insists on one of the two; so does [`choose`].
//!
//! # The simulated GPU
//!
//! It does what CUDA's documentation says, and where that leaves things open, it tries to show a program's mistakes:
//!
//! - Work is queued, and runs when somebody waits for it (a stream, an event, the context; a blocking copy waits for the
//!   context's blocking streams, and `cuMemFree`, `cuModuleUnload` and `cuCtxDestroy` for all of them). So results that
//!   nobody waited for aren't there.
//! - A kernel that fails spoils its context: every later call in it returns the kernel's error. Only destroying it works.
//! - A kernel's function and stream belong to the current context; streams wait for events of any context; copies reach
//!   any device.
//! - There are `UNROLLED_SIM_DEVICES` devices (1 to 16, 1 if it isn't set), of compute capability 5.0, with 4 GiB each.
//! - `UNROLLED_SIM_PROFILE=1` prints the counters of a thread's kernels on stderr when it destroys a context.
//! - Arrays and textures are not supported.

mod backend;
mod callback;
mod error;
mod ffi;
#[allow(non_snake_case)] // named as in cuda.h
mod functions;
mod library;
mod sim;
#[allow(missing_docs, non_camel_case_types, non_snake_case)] // as in cuda.h
mod types;

pub use backend::{Backend, Side, backend, choose};
pub use functions::*;
pub use types::*;
