//! What an access of a warp moves: sectors of global memory, passes through the banks of shared memory.

use crate::ir::Space;
use crate::lanes::{Lanes, WARP, lanes};
use crate::profile::{Counter, SECTOR};

/// Banks of shared memory; neighbouring words are in neighbouring banks.
const BANKS: usize = 32;

impl Counter {
    /// Counts an access of `bytes` in each lane of `exec`.
    ///
    /// Global memory moves whole sectors, each once however many lanes ask for it. Shared memory serves in one pass one
    /// word of each bank; lanes that want the same word share it. An access of 8 bytes is served a half of the warp at a
    /// time, one of 16 a quarter. (CUDA C Programming Guide, "Compute Capability 5.x".)
    pub(crate) fn access(&mut self, space: Space, bytes: u64, exec: u32, addresses: &Lanes<u64>) {
        // ANCHOR: access
        self.bytes += bytes * u64::from(exec.count_ones());
        match space {
            Space::Global => {
                self.distinct_bytes += bytes * distinct(exec, addresses, bytes);
                // An access is aligned, and no larger than a sector: it is in one.
                self.sectors += distinct(exec, addresses, SECTOR);
            }
            Space::Shared => {
                self.distinct_bytes += bytes * distinct(exec, addresses, bytes);
                let together = WARP / (bytes as usize / 4);
                for first in (0..WARP).step_by(together) {
                    let group = exec >> first & (u32::MAX >> (WARP - together));
                    if group != 0 {
                        self.least_passes += 1;
                        self.passes += passes(group << first, addresses);
                    }
                }
            }
            _ => {}
        }
        // ANCHOR_END: access
    }
}

/// How many multiples of `unit` the addresses fall into.
fn distinct(exec: u32, addresses: &Lanes<u64>, unit: u64) -> u64 {
    let mut units = [0; WARP];
    unique(&mut units, lanes(exec).map(|lane| addresses[lane] / unit)).len() as u64
}

/// Passes that these lanes need: the most different words that any bank is asked for. As accesses are aligned, the first
/// words of all lanes meet in as many banks as the second ones, and so on: they are enough to look at.
fn passes(exec: u32, addresses: &Lanes<u64>) -> u64 {
    let mut words = [0; WARP];
    let mut banks = [0; BANKS];
    unique(&mut words, lanes(exec).map(|lane| addresses[lane] / 4))
        .iter()
        .for_each(|&word| banks[word as usize % BANKS] += 1);
    banks.into_iter().max().unwrap_or(0)
}

/// The different ones of at most 32 values.
fn unique(room: &mut Lanes<u64>, values: impl Iterator<Item = u64>) -> &[u64] {
    let mut len = 0;
    for value in values {
        room[len] = value;
        len += 1;
    }
    room[..len].sort_unstable();
    let mut kept = 0;
    for i in 0..len {
        if i == 0 || room[i] != room[kept - 1] {
            room[kept] = room[i];
            kept += 1;
        }
    }
    &room[..kept]
}
