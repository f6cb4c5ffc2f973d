//! Who accessed a word last: how races are found.
//!
//! Two accesses of one word by two threads race if at least one of them writes, not both are atomic, and nothing orders
//! them. Within a block, `bar.sync` does; between blocks only the end of the kernel does. So for each word the last
//! writer and the last reader are kept, each with its block, thread and *epoch*: the number of barriers the block had
//! passed. (Savage et al., "Eraser: A Dynamic Data Race Detector for Multithreaded Programs", 1997, began this line of
//! tools.) One reader is enough, if it is known whether others read in the same epoch, or in other blocks.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// A thread of a launch, at a moment between two barriers, and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// What [`slot`] makes of the launch's number.
    pub slot: u64,
    /// The block's number in the grid.
    pub block: u32,
    /// The thread's number in its block.
    pub thread: u32,
    /// Barriers the block has passed.
    pub epoch: u32,
    /// Whether it is an atomic operation.
    pub atomic: bool,
}

/// Launches are told apart up to here; then every shadow is wiped.
const LAUNCHES: u64 = (1 << 12) - 1;

/// A launch's number, from 1, as entries have it: it begins again after [`LAUNCHES`], and is never 0.
pub fn slot(launch: u64) -> u64 {
    (launch - 1) % LAUNCHES + 1
}

/// Bits of an entry, from the lowest: thread, epoch, block, launch, and three flags. 0 is "nobody".
const THREAD: u64 = (1 << 10) - 1;
const EPOCH: u64 = (1 << 12) - 1;
const BLOCK: u64 = (1 << 26) - 1;
const ATOMIC: u64 = 1 << 60;
/// More threads than one of this block have read in this epoch.
const MANY: u64 = 1 << 61;
/// More blocks than one have read.
const BLOCKS: u64 = 1 << 62;

impl Access {
    #[inline]
    fn entry(self) -> u64 {
        let Access { slot, block, thread, epoch, atomic } = self;
        u64::from(thread) & THREAD
            | (u64::from(epoch) & EPOCH) << 10
            | (u64::from(block) & BLOCK) << 22
            | slot << 48
            | if atomic { ATOMIC } else { 0 }
    }
}

fn thread(entry: u64) -> u64 {
    entry & THREAD
}
fn epoch(entry: u64) -> u64 {
    entry >> 10 & EPOCH
}
fn block(entry: u64) -> u64 {
    entry >> 22 & BLOCK
}
fn launch(entry: u64) -> u64 {
    entry >> 48 & LAUNCHES
}

/// Whether what `old` did is not ordered before what `new` does.
fn unordered(old: u64, new: u64) -> bool {
    if launch(old) != launch(new) || old & new & ATOMIC != 0 {
        return false;
    }
    old & BLOCKS != 0
        || block(old) != block(new)
        || epoch(old) == epoch(new) && (old & MANY != 0 || thread(old) != thread(new))
}

/// The other side of a race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Race {
    /// Whether the other one wrote.
    pub wrote: bool,
    /// Its block's number in the grid.
    pub block: u32,
    /// Its number in its block; of several readers, one.
    pub thread: u32,
}

impl fmt::Display for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let did = if self.wrote { "wrote" } else { "read" };
        write!(f, "thread {} of block {} {did} it, and nothing orders the two", self.thread, self.block)
    }
}

fn race(old: u64, wrote: bool) -> Race {
    Race { wrote, block: block(old) as u32, thread: thread(old) as u32 }
}

/// The last writer and reader of each word of an allocation.
pub struct Shadow {
    writers: Box<[AtomicU64]>,
    readers: Box<[AtomicU64]>,
    /// Whether several host threads access it at once.
    concurrent: bool,
    /// How many times launch numbers had begun again when this was last wiped.
    round: AtomicU64,
}

impl Shadow {
    /// For this many words; `concurrent`: whether several host threads access it at once.
    pub fn new(words: usize, concurrent: bool) -> Self {
        let nobody = || (0..words).map(|_| AtomicU64::new(0)).collect();
        Self { writers: nobody(), readers: nobody(), concurrent, round: AtomicU64::new(0) }
    }

    /// Forgets everything if launch numbers have begun again since the last call.
    pub fn begin(&self, launch: u64) {
        let round = (launch - 1) / LAUNCHES;
        if self.round.swap(round, SeqCst) != round {
            self.writers.iter().chain(&*self.readers).for_each(|entry| entry.store(0, SeqCst));
        }
    }

    /// A word is read.
    #[inline]
    pub fn read(&self, word: usize, access: Access) -> Result<(), Race> {
        let new = access.entry();
        let merge = |old| {
            let merged = match () {
                () if launch(old) != launch(new) => new,
                () if block(old) != block(new) => old | BLOCKS,
                () if epoch(old) != epoch(new) => new | old & BLOCKS,
                () if thread(old) != thread(new) => old | MANY,
                () => old,
            };
            (merged != old).then_some(merged)
        };
        // First this reader is known, then the writer is looked up, and in `write` the other way round: of two cores
        // that do both at once, at least one sees the other.
        let reader = &self.readers[word];
        if self.concurrent {
            let _ = reader.fetch_update(SeqCst, SeqCst, merge);
        } else if let Some(merged) = merge(reader.load(Relaxed)) {
            reader.store(merged, Relaxed);
        }
        let writer = self.writers[word].load(SeqCst);
        if unordered(writer, new) { Err(race(writer, true)) } else { Ok(()) }
    }

    /// A word is written.
    #[inline]
    pub fn write(&self, word: usize, access: Access) -> Result<(), Race> {
        let new = access.entry();
        let writer = match self.concurrent {
            true => self.writers[word].swap(new, SeqCst),
            false => {
                let writer = self.writers[word].load(Relaxed);
                self.writers[word].store(new, Relaxed);
                writer
            }
        };
        let reader = self.readers[word].load(SeqCst);
        match () {
            () if unordered(writer, new) => Err(race(writer, true)),
            () if unordered(reader, new) => Err(race(reader, false)),
            () => Ok(()),
        }
    }
}
