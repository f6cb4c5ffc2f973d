//! A simulated GPU for the PTX of this book.
//!
//! - [`parse`] reads PTX, checks it as an assembler would, and refuses what it doesn't know.
//! - [`Launch::run`] runs a kernel on the host's cores: warps of 32 lanes in lockstep, blocks with shared memory and
//!   barriers, one [`Memory`] for each device.
//! - The *sanitizer*, on unless switched off, stops a kernel that reads what was never written, races, or misses a
//!   barrier; accesses out of bounds or misaligned always stop it. A [`Fault`] says where.
//! - [`observe`] counts what kernels do ([`Profile`]) or writes down every step of one warp.
//!
//! Programs don't call this crate: RustaCUDA does, through `cuda-driver-sys`, where there is no GPU.

mod access;
mod atomic;
mod block;
mod execute;
mod fault;
mod float;
pub mod ir;
mod join;
mod lanes;
mod launch;
mod lexer;
mod memory;
mod observe;
mod parse;
mod profile;
mod sanitize;
mod shadow;
mod table;
mod trace;
mod traffic;
mod uses;
mod warp;

pub use fault::{Fault, FaultKind, last_fault};
pub use ir::{Kernel, Module, Param, Place};
pub use launch::Launch;
pub use memory::{Allocation, Memory, OutOfBounds};
pub use observe::{Observation, Options, TraceOf, observe, take_profiles};
pub use parse::{ParseError, parse};
pub use profile::{Class, Counter, Profile, SECTOR};
