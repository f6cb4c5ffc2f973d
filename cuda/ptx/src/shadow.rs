//! Who accessed a word last: how races are found.
//!
//! Two accesses of one word by two threads race if at least one of them writes, not both are atomic, and nothing orders
//! them. Within a block, `bar.sync` does; between blocks only the end of the kernel does. So for each word the last
//! writer and the last reader are kept, each with its block, thread and *epoch*: the number of barriers the block had
//! passed. (Savage et al., "Eraser: A Dynamic Data Race Detector for Multithreaded Programs", 1997, began this line of
//! tools.) One reader is enough, if it is known whether others read in the same epoch, or in other blocks; and so
//! is one of several atomic operations.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// A thread of a launch, at a moment between two barriers, and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// What [`slot`] makes of the launch's number.
    pub slot: u64,
    /// The block's number in the grid. Of two blocks whose numbers have the low bits in common the races are missed.
    pub block: u64,
    /// The thread's number in its block.
    pub thread: u32,
    /// Barriers the block has passed, below [`EPOCHS`].
    pub epoch: u64,
    /// Whether it is an atomic operation.
    pub atomic: bool,
}

/// Launches are told apart up to here; then every shadow is wiped.
const LAUNCHES: u64 = (1 << 12) - 1;

/// A launch's number, from 1, as entries have it: it begins again after [`LAUNCHES`], and is never 0.
pub fn slot(launch: u64) -> u64 {
    (launch - 1) % LAUNCHES + 1
}

/// Epochs of a launch that are told apart.
pub const EPOCHS: u64 = 1 << 12;

/// Bits of an entry, from the lowest: thread, epoch, block, launch, and four flags. 0 is "nobody".
const THREAD: u64 = (1 << 10) - 1;
const EPOCH: u64 = EPOCHS - 1;
const BLOCK: u64 = (1 << 26) - 1;
const ATOMIC: u64 = 1 << 60;
/// More threads than one of this block did so in this epoch.
const MANY: u64 = 1 << 61;
/// More blocks than one did.
const BLOCKS: u64 = 1 << 62;
/// An atomic operation, but before its last barrier the block did something else.
const PLAIN: u64 = 1 << 63;

impl Access {
    #[inline]
    fn entry(self) -> u64 {
        let Access { slot, block, thread, epoch, atomic } = self;
        u64::from(thread) & THREAD
            | (epoch & EPOCH) << 10
            | (block & BLOCK) << 22
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

// ANCHOR: unordered
/// Whether what `old` did is not ordered before what `new` does.
fn unordered(old: u64, new: u64) -> bool {
    let both_atomic = old & new & ATOMIC != 0;
    match () {
        () if launch(old) != launch(new) => false,
        () if old & BLOCKS != 0 || block(old) != block(new) => !both_atomic || old & PLAIN != 0,
        () => !both_atomic && epoch(old) == epoch(new) && (old & MANY != 0 || thread(old) != thread(new)),
    }
}
// ANCHOR_END: unordered

/// One entry for two accesses that don't race: of the old ones what a later access may still race with.
fn merged(old: u64, new: u64) -> u64 {
    match () {
        () if launch(old) != launch(new) => new,
        () if block(old) != block(new) => old | BLOCKS,
        () if epoch(old) != epoch(new) => {
            new | old & (BLOCKS | PLAIN) | if !old & new & ATOMIC != 0 { PLAIN } else { 0 }
        }
        () if thread(old) != thread(new) => old | MANY,
        () => old,
    }
}

/// The other side of a race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Race {
    /// Whether the other one wrote.
    pub wrote: bool,
    /// Its block's number in the grid.
    pub block: u64,
    /// Its number in its block; of several, one.
    pub thread: u64,
    /// Whether there are several.
    pub several: bool,
}

impl fmt::Display for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Race { thread, block, .. } = self;
        let did = if self.wrote { "wrote" } else { "read" };
        let others = if self.several { " and others" } else { "" };
        write!(f, "thread {thread} of block {block}{others} {did} it, and nothing orders the two")
    }
}

fn race(old: u64, wrote: bool) -> Race {
    Race { wrote, block: block(old), thread: thread(old), several: old & (MANY | BLOCKS | PLAIN) != 0 }
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
        // First this reader is known, then the writer is looked up, and in `write` the other way round: of two cores
        // that do both at once, at least one sees the other.
        self.update(&self.readers[word], |old| merged(old, new));
        let writer = self.writers[word].load(SeqCst);
        if unordered(writer, new) { Err(race(writer, true)) } else { Ok(()) }
    }

    /// A word is written.
    #[inline]
    pub fn write(&self, word: usize, access: Access) -> Result<(), Race> {
        let new = access.entry();
        // Atomic operations don't race with each other, so there may be many, as of readers.
        let writer = self.update(&self.writers[word], |old| if access.atomic { merged(old, new) } else { new });
        let reader = self.readers[word].load(SeqCst);
        match () {
            () if unordered(writer, new) => Err(race(writer, true)),
            () if unordered(reader, new) => Err(race(reader, false)),
            () => Ok(()),
        }
    }

    /// Replaces an entry; what it was.
    #[inline]
    fn update(&self, entry: &AtomicU64, change: impl Fn(u64) -> u64) -> u64 {
        let changed = |old| Some(change(old)).filter(|&new| new != old);
        if self.concurrent {
            return entry.fetch_update(SeqCst, SeqCst, changed).unwrap_or_else(|old| old);
        }
        let old = entry.load(Relaxed);
        changed(old).into_iter().for_each(|new| entry.store(new, Relaxed));
        old
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Kind {
        Read,
        Write,
        Atomic,
    }

    /// Mostly such that don't race at once.
    const KINDS: &[Kind] = &[Kind::Read, Kind::Read, Kind::Write, Kind::Atomic, Kind::Atomic, Kind::Atomic];

    /// The definition: whether two accesses of a launch race.
    fn races(a: (Access, Kind), b: (Access, Kind)) -> bool {
        let ((a, does), (b, other)) = (a, b);
        let ordered = a.block == b.block && (a.epoch != b.epoch || a.thread == b.thread);
        let harmless = does == other && does != Kind::Write;
        !ordered && !harmless
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// A few threads of a few blocks access a word, in any order that barriers and launches allow.
        #[test]
        fn exactly_the_first_race_is_found(
            steps in vec((0..3_u64, 0..3_u32, select(KINDS), 0..10), 1..30),
            concurrent in any::<bool>(),
        ) {
            let shadow = Shadow::new(2, concurrent);
            let (mut launch, mut epochs) = (LAUNCHES - 1, [0; 3]);
            let mut before: Vec<(Access, Kind)> = Vec::new();
            shadow.begin(launch);
            for (block, thread, kind, event) in steps {
                match event {
                    0 | 1 => {
                        // The next launch, or one that has the same number in the entries.
                        (launch, epochs) = (launch + if event == 0 { 1 } else { LAUNCHES }, [0; 3]);
                        shadow.begin(launch);
                        before.clear();
                    }
                    2..5 => epochs[block as usize] += 1,
                    _ => {}
                }
                let epoch = epochs[block as usize];
                let access = Access { slot: slot(launch), block, thread, epoch, atomic: kind == Kind::Atomic };
                let result = if kind == Kind::Read { shadow.read(1, access) } else { shadow.write(1, access) };
                let expected = before.iter().any(|&old| races(old, (access, kind)));
                prop_assert_eq!(result.is_err(), expected, "{:?} {:?} after {:?}", access, kind, before);
                if let Err(race) = result {
                    prop_assert!(race.several || before.iter().any(|&(old, does)| {
                        (old.block, u64::from(old.thread), does != Kind::Read) == (race.block, race.thread, race.wrote)
                            && races((old, does), (access, kind))
                    }), "{:?}", race);
                    return Ok(());
                }
                before.push((access, kind));
            }
        }
    }
}
