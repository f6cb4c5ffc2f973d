//! What the sanitizer says of accesses: memory that was never written, and races.

use crate::access::{Home, Kind, Request};
use crate::block::Block;
use crate::fault::{Fault, FaultKind};
use crate::ir::Space;
use crate::lanes::lanes;
use crate::memory::Allocation;
use crate::warp::Warp;

impl Block<'_> {
    /// What the sanitizer has to say of a request, and to remember of it.
    #[inline]
    pub fn sanitize(&mut self, warp: &mut Warp, request: &Request, home: &Home<'_>) -> Result<(), Fault> {
        if !self.run.options.sanitize {
            // A later launch may be sanitized.
            if let Some(allocation) = home.allocation.filter(|_| request.kind != Kind::Load) {
                lanes(request.exec)
                    .for_each(|lane| (0..request.words()).for_each(|i| allocation.define(home.first[lane] + i)));
            }
            return Ok(());
        }
        for lane in lanes(request.exec) {
            for word in home.first[lane]..home.first[lane] + request.words() {
                self.sanitize_word(warp, request, lane, home.allocation, word)?;
            }
        }
        Ok(())
    }

    fn sanitize_word(
        &mut self,
        warp: &mut Warp,
        request: &Request,
        lane: usize,
        allocation: Option<&Allocation>,
        word: usize,
    ) -> Result<(), Fault> {
        let (reads, writes) = (request.kind != Kind::Store, request.kind != Kind::Load);
        let (name, defined) = match (request.space, allocation) {
            (Space::Shared, _) => {
                let defined = &mut self.shared.defined[word];
                ("shared", std::mem::replace(defined, true))
            }
            (Space::Local, _) => {
                let defined = warp.local_defined[word] >> lane & 1 == 1;
                warp.local_defined[word] |= u32::from(writes) << lane;
                ("local", defined)
            }
            (_, Some(allocation)) => {
                let defined = !reads || allocation.is_defined(word);
                if writes {
                    allocation.define(word);
                }
                ("global", defined)
            }
            (_, None) => return Ok(()), // parameters: all are written, and nobody writes them again
        };
        if reads && !defined {
            let problem = format!("{name} memory is read that was never written");
            return Err(self.fault(FaultKind::Uninitialised, request.pc, warp, 1 << lane, problem));
        }
        let shadow = match (request.space, allocation) {
            (Space::Shared, _) => &self.shared.shadow,
            (Space::Global, Some(allocation)) => allocation.shadow(),
            _ => return Ok(()), // a thread's own, or read-only
        };
        // ANCHOR: race
        let access = self.access(warp, lane, request.space == Space::Shared, request.kind == Kind::Atomic);
        let result = if writes { shadow.write(word, access) } else { shadow.read(word, access) };
        result.map_err(|race| {
            let does = if writes { "writes" } else { "reads" };
            let problem = format!("race in {name} memory: this thread {does} a word, and {race}");
            self.fault(FaultKind::Race, request.pc, warp, 1 << lane, problem)
        })
        // ANCHOR_END: race
    }
}
