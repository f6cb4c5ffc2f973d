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
                        self.passes += passes(group << first, bytes, addresses);
                    }
                }
            }
            _ => {}
        }
    }
}

/// How many multiples of `unit` the addresses fall into.
fn distinct(exec: u32, addresses: &Lanes<u64>, unit: u64) -> u64 {
    let mut units = [0; WARP];
    let mut len = 0;
    for lane in lanes(exec) {
        units[len] = addresses[lane] / unit;
        len += 1;
    }
    let units = &mut units[..len];
    units.sort_unstable();
    units.chunk_by(|a, b| a == b).count() as u64
}

/// Passes that these lanes need: the most different words that any bank is asked for.
fn passes(exec: u32, bytes: u64, addresses: &Lanes<u64>) -> u64 {
    let mut wanted: [Vec<u64>; BANKS] = std::array::from_fn(|_| Vec::new());
    for lane in lanes(exec) {
        for word in addresses[lane] / 4..(addresses[lane] + bytes) / 4 {
            let bank = &mut wanted[word as usize % BANKS];
            if !bank.contains(&word) {
                bank.push(word);
            }
        }
    }
    wanted.iter().map(Vec::len).max().unwrap_or(0) as u64
}
