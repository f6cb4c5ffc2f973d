//! Profiles as text: a table of the whole kernel, and a listing with each instruction's counts.

use crate::ir::{Op, Space};
use crate::profile::{Class, Counter, Profile, ratio};
use std::fmt::{self, Write};

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Profile { launches, blocks, threads, .. } = self;
        writeln!(f, "kernel {}: {launches} launch(es), {blocks} block(s), {threads} threads", self.name())?;
        let total = self.total();
        let share = |n: u64| 100.0 * ratio(n, total.threads, 0.0);
        for class in Class::ALL {
            let count = self.class(class);
            if count.warps > 0 {
                writeln!(f, "  {:<23}{:>14}{:>7.1}%", class.name(), count.threads, share(count.threads))?;
            }
        }
        writeln!(f, "  {:<23}{:>14}", "thread instructions", total.threads)?;
        writeln!(f, "  {:<23}{:>14}{:>7.1}%", "lanes at work", total.threads, 100.0 * self.lane_efficiency())?;
        writeln!(f, "  {:<23}{:>14}", "branches that part", total.diverged)?;
        writeln!(f, "  {:<23}{:>14}", "FLOP", self.flops())?;
        writeln!(f, "  {:<23}{:>14}", "global bytes loaded", self.global_load_bytes())?;
        writeln!(f, "  {:<23}{:>14}", "global bytes stored", self.global_store_bytes())?;
        writeln!(f, "  {:<23}{:>14}", "global bytes moved", self.bytes_moved())?;
        writeln!(f, "  {:<23}{:>14.2}", "sectors per request", self.sectors_per_request())?;
        writeln!(f, "  {:<23}{:>13.1}%", "coalescing", 100.0 * self.coalescing())?;
        writeln!(f, "  {:<23}{:>14}", "bank conflicts", self.bank_conflicts())?;
        write!(f, "  {:<23}{:>14.3}", "FLOP per byte moved", self.intensity())
    }
}

impl Profile {
    /// The kernel's instructions, each with what it did: how many times a warp ran it, how many of its lanes were at work,
    /// and of memory accesses the sectors of each request (global; 4 are enough for 32 neighbouring words) or the
    /// passes through the banks (shared; 1 is enough). Branches show how often they parted a warp.
    pub fn listing(&self) -> String {
        let mut text = format!("{:>5}{:>10}{:>7}  {:<13}\n", "line", "warps", "lanes", "");
        for (i, counter) in self.counters.iter().enumerate() {
            let instruction = &self.kernel.code[i];
            let note = note(&instruction.op, counter);
            let lanes = ratio(counter.threads, counter.warps, 0.0);
            let (line, source) = (instruction.place.line, &self.kernel.text[i]);
            let _ = writeln!(text, "{line:>5}{:>10}{lanes:>7.1}  {note:<13}{source}", counter.warps);
        }
        text
    }
}

/// What is worth saying of an instruction beside how often it ran.
fn note(op: &Op, counter: &Counter) -> String {
    match *op {
        Op::Bra { .. } if counter.diverged > 0 => format!("parted {}", counter.diverged),
        Op::Ld { space, .. } | Op::St { space, .. } | Op::Atom { space, .. } if counter.warps > 0 => match space {
            Space::Global => format!("{:.1} sectors", ratio(counter.sectors, counter.warps, 0.0)),
            Space::Shared => format!("{:.1} passes", ratio(counter.passes, counter.least_passes, 1.0)),
            _ => String::new(),
        },
        _ => String::new(),
    }
}
