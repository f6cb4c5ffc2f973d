//! Tensors on a GPU, and kernels in PTX launched on them with RustaCUDA.
//!
//! - [`Session`]: one device, ready for work: context, stream, loaded modules, memory.
//! - [`GpuTensor`]: a tensor of `f32` on the device; a [`Value`](unrolled::Value), so the tape of the core
//!   differentiates what is made of it. [`GpuVec`]: a list of `u32` beside it.
//! - [`kernels!`]: the kernels of a PTX file as Rust functions with types.
//! - [`Grid`]: how many blocks of how many threads.
//! - [`testing`]: kernels held against the algorithms of the CPU.
//!
//! On a machine with an NVIDIA driver that is a real GPU, on any other the simulated one.
//!
//! ```
//! use host::Session;
//! use unrolled::{Tensor, Value};
//!
//! let session = Session::new()?;
//! let mut x = session.upload(&Tensor::new(&[3], vec![1.0, 2.0, 3.0])?)?;
//! let y = session.full(&[3], 0.5)?;
//! x.accumulate(&y)?;
//! assert_eq!(x.download()?.data(), [1.5, 2.5, 3.5]);
//! # Ok::<(), unrolled::Error>(())
//! ```

mod buffer;
mod grid;
mod handle;
pub mod launch;
mod ops;
mod session;
mod signature;
mod tensor;
pub mod testing;

pub use cuda_driver_sys::Side;
pub use grid::{Grid, size};
pub use session::{Session, choose};
pub use signature::Signature;
pub use tensor::{GpuTensor, GpuVec};

#[doc(hidden)] // for the expansion of `kernels!`
pub use {rustacuda, unrolled};
