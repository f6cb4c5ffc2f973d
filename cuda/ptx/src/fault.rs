//! What a kernel did wrong.

use crate::ir::Place;
use std::cell::RefCell;
use std::fmt;

/// What kind of wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// An address that no allocation, array or block of parameters holds.
    OutOfBounds,
    /// An address that isn't a multiple of the access's size.
    Misaligned,
    /// A register or memory that was never written is read.
    Uninitialised,
    /// Two threads access a word, one of them writes, and nothing orders them.
    Race,
    /// `bar.sync` that not all threads of the block reach.
    Barrier,
    /// `shfl.sync` or `vote.sync` that not all lanes of its mask reach, or that reads a lane that isn't there.
    Lanes,
    /// An integer division by 0.
    DivisionByZero,
    /// A parting of lanes at a `bra.uni`.
    Uniformity,
    /// More instructions than the limit allows.
    Timeout,
}

/// A kernel that was stopped: what it did, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of wrong.
    pub kind: FaultKind,
    /// The kernel.
    pub kernel: String,
    /// The line and column of the instruction in the PTX.
    pub place: Place,
    /// The instruction.
    pub instruction: String,
    /// The block.
    pub block: [u32; 3],
    /// The thread in it.
    pub thread: [u32; 3],
    /// What happened, for people.
    pub problem: String,
}

impl Fault {
    /// CUDA's code for it: what the driver returns from then on.
    pub fn code(&self) -> u32 {
        match self.kind {
            FaultKind::OutOfBounds => 700, // CUDA_ERROR_ILLEGAL_ADDRESS
            FaultKind::Misaligned => 716,  // CUDA_ERROR_MISALIGNED_ADDRESS
            FaultKind::Timeout => 702,     // CUDA_ERROR_LAUNCH_TIMEOUT
            _ => 719,                      // CUDA_ERROR_LAUNCH_FAILED
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { kernel, place, instruction, block: [bx, by, bz], thread: [x, y, z], problem, .. } = self;
        write!(
            f,
            "kernel {kernel}, PTX line {}, block ({bx}, {by}, {bz}), thread ({x}, {y}, {z}): {problem}, in `{instruction}`",
            place.line
        )
    }
}

impl std::error::Error for Fault {}

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Tells standard error, once, and remembers it for [`last_fault`].
pub(crate) fn report(fault: &Fault) {
    eprintln!("simulated GPU: {fault}");
    // A thread that ends may have lost the place already.
    let _ = LAST.try_with(|last| last.replace(Some(fault.to_string())));
}

/// The last fault of a kernel that this thread waited for, in words: CUDA has only a code for it.
pub fn last_fault() -> Option<String> {
    LAST.try_with(|last| last.borrow().clone()).ok().flatten()
}
