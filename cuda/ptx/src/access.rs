//! Loads, stores and atomics: bounds, alignment, and what the sanitizer and the profiler see of them.

use crate::block::Block;
use crate::fault::{Fault, FaultKind};
use crate::float::canonical;
use crate::ir::{Address, AtomOp, Base, Operand, Reg, Space, Type, Vector};
use crate::lanes::{Lanes, WARP, lanes};
use crate::memory::Allocation;
use crate::shadow::Race;
use crate::warp::Warp;
use std::sync::atomic::Ordering::Relaxed;

/// The words of one access, at most 16 bytes.
type Words = [Lanes<u32>; 4];

/// An access of a warp.
#[derive(Clone, Copy)]
struct Request {
    pc: u32,
    exec: u32,
    space: Space,
    /// Bytes of each lane.
    bytes: u64,
    /// Whether it writes, reads, or does both at once.
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Load,
    Store,
    Atomic,
}

/// A word that a lane may access.
enum Word<'a> {
    Global(&'a Allocation, usize),
    Shared(usize),
}

impl<'a> Block<'a> {
    /// `ld`.
    #[allow(clippy::too_many_arguments)] // they are the instruction's parts
    pub fn load(
        &mut self,
        warp: &mut Warp,
        pc: u32,
        exec: u32,
        space: Space,
        ty: Type,
        d: Vector<Reg>,
        address: Address,
    ) -> Result<(), Fault> {
        let bytes = (ty.bytes() * d.as_slice().len()) as u64;
        let request = Request { pc, exec, space, bytes, kind: Kind::Load };
        let addresses = self.addresses(warp, address);
        self.count(&request, &addresses);
        let mut words = [[0; WARP]; 4];
        match space {
            Space::Param => self.load_param(warp, &request, &addresses, &mut words)?,
            Space::Local => self.local(warp, &request, &addresses, &mut words)?,
            Space::Shared => {
                for lane in lanes(exec) {
                    let first = self.shared_word(warp, &request, lane, addresses[lane])?;
                    for i in 0..bytes as usize / 4 {
                        self.sanitize(warp, &request, lane, Word::Shared(first + i))?;
                        words[i][lane] = self.shared.words[first + i];
                    }
                }
            }
            Space::Global | Space::Const => {
                for lane in lanes(exec) {
                    let (allocation, first) = self.global_word(warp, &request, lane, addresses[lane])?;
                    for i in 0..bytes as usize / 4 {
                        self.sanitize(warp, &request, lane, Word::Global(allocation, first + i))?;
                        words[i][lane] = allocation.word(first + i).load(Relaxed);
                    }
                }
            }
        }
        for (i, &d) in d.as_slice().iter().enumerate() {
            match ty.is_wide() {
                true => {
                    let (low, high) = (&words[2 * i], &words[2 * i + 1]);
                    let wide = std::array::from_fn(|lane| u64::from(low[lane]) | u64::from(high[lane]) << 32);
                    warp.set64(d, exec, &wide);
                }
                false => warp.set32(d, exec, &words[i]),
            }
        }
        Ok(())
    }

    /// `st`.
    #[allow(clippy::too_many_arguments)] // they are the instruction's parts
    pub fn store(
        &mut self,
        warp: &mut Warp,
        pc: u32,
        exec: u32,
        space: Space,
        ty: Type,
        a: Vector<Operand>,
        address: Address,
    ) -> Result<(), Fault> {
        let bytes = (ty.bytes() * a.as_slice().len()) as u64;
        let request = Request { pc, exec, space, bytes, kind: Kind::Store };
        let addresses = self.addresses(warp, address);
        self.count(&request, &addresses);
        let mut words = [[0; WARP]; 4];
        for (i, &a) in a.as_slice().iter().enumerate() {
            match ty.is_wide() {
                true => {
                    let value = warp.get64(a, &self.run.launch.symbols);
                    words[2 * i] = value.map(|bits| bits as u32);
                    words[2 * i + 1] = value.map(|bits| (bits >> 32) as u32);
                }
                false => words[i] = warp.get32(a),
            }
        }
        match space {
            Space::Local => return self.local(warp, &request, &addresses, &mut words),
            Space::Shared => {
                for lane in lanes(exec) {
                    let first = self.shared_word(warp, &request, lane, addresses[lane])?;
                    for i in 0..bytes as usize / 4 {
                        self.sanitize(warp, &request, lane, Word::Shared(first + i))?;
                        self.shared.words[first + i] = words[i][lane];
                    }
                }
            }
            _ => {
                for lane in lanes(exec) {
                    let (allocation, first) = self.global_word(warp, &request, lane, addresses[lane])?;
                    for i in 0..bytes as usize / 4 {
                        self.sanitize(warp, &request, lane, Word::Global(allocation, first + i))?;
                        allocation.word(first + i).store(words[i][lane], Relaxed);
                    }
                }
            }
        }
        Ok(())
    }

    /// `atom` and `red`: the old values. Lanes take turns, the lowest first; blocks in any order.
    #[allow(clippy::too_many_arguments)] // they are the instruction's parts
    pub fn atomic(
        &mut self,
        warp: &Warp,
        pc: u32,
        exec: u32,
        (space, op, ty): (Space, AtomOp, Type),
        address: Address,
        a: &Lanes<u32>,
        b: &Lanes<u32>,
    ) -> Result<Lanes<u32>, Fault> {
        let request = Request { pc, exec, space, bytes: 4, kind: Kind::Atomic };
        let addresses = self.addresses(warp, address);
        self.count(&request, &addresses);
        let mut old = [0; WARP];
        for lane in lanes(exec) {
            // Global float additions flush subnormals, shared ones don't (PTX ISA, "atom").
            let ftz = space == Space::Global;
            let next = |old| combine(op, ty, ftz, old, a[lane], b[lane]);
            if space == Space::Shared {
                let i = self.shared_word(warp, &request, lane, addresses[lane])?;
                self.sanitize(warp, &request, lane, Word::Shared(i))?;
                old[lane] = self.shared.words[i];
                self.shared.words[i] = next(old[lane]);
            } else {
                let (allocation, i) = self.global_word(warp, &request, lane, addresses[lane])?;
                self.sanitize(warp, &request, lane, Word::Global(allocation, i))?;
                let update = allocation.word(i).fetch_update(Relaxed, Relaxed, |old| Some(next(old)));
                old[lane] = update.unwrap_or_else(|old| old);
            }
        }
        Ok(old)
    }

    /// The address in each lane.
    pub fn addresses(&self, warp: &Warp, Address { base, offset }: Address) -> Lanes<u64> {
        let symbols = &self.run.launch.symbols;
        match base {
            Base::Space => [offset as u64; WARP],
            Base::Reg32(reg) => warp.get32(Operand::Reg(reg)).map(|base| u64::from(base.wrapping_add(offset as u32))),
            Base::Reg64(reg) => warp.get64(Operand::Reg(reg), symbols).map(|base| base.wrapping_add(offset as u64)),
            Base::Symbol(i) => warp.get64(Operand::Symbol(i), symbols).map(|base| base.wrapping_add(offset as u64)),
        }
    }

    fn count(&mut self, request: &Request, addresses: &Lanes<u64>) {
        if let Some(counter) = self.counters.get_mut(request.pc as usize) {
            counter.access(request.space, request.bytes, request.exec, addresses);
        }
    }

    fn load_param(
        &self,
        warp: &Warp,
        request: &Request,
        addresses: &Lanes<u64>,
        words: &mut Words,
    ) -> Result<(), Fault> {
        let params = &self.run.launch.params;
        for lane in lanes(request.exec) {
            self.check(warp, request, lane, addresses[lane], params.len() as u64, "the parameters")?;
            let bytes = &params[addresses[lane] as usize..][..request.bytes as usize];
            for (i, word) in bytes.chunks_exact(4).enumerate() {
                words[i][lane] = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            }
        }
        Ok(())
    }

    fn local(
        &self,
        warp: &mut Warp,
        request: &Request,
        addresses: &Lanes<u64>,
        words: &mut Words,
    ) -> Result<(), Fault> {
        let size = self.run.launch.kernel.local_bytes as u64;
        for lane in lanes(request.exec) {
            self.check(warp, request, lane, addresses[lane], size, "the thread's local memory")?;
            for i in 0..request.bytes as usize / 4 {
                let (place, bit) = (addresses[lane] as usize / 4 + i, 1 << lane);
                if request.kind == Kind::Store {
                    warp.local[place][lane] = words[i][lane];
                    warp.local_defined[place] |= bit;
                } else if self.run.options.sanitize && warp.local_defined[place] & bit == 0 {
                    return Err(self.uninitialised(warp, request, lane, "local"));
                } else {
                    words[i][lane] = warp.local[place][lane];
                }
            }
        }
        Ok(())
    }

    /// The number of the first word of a lane's shared access.
    fn shared_word(&self, warp: &Warp, request: &Request, lane: usize, address: u64) -> Result<usize, Fault> {
        self.check(warp, request, lane, address, self.shared.bytes, "the block's shared memory")?;
        Ok(address as usize / 4)
    }

    /// An access of a space of `size` bytes must be aligned, and inside.
    #[inline]
    fn check(
        &self,
        warp: &Warp,
        request: &Request,
        lane: usize,
        address: u64,
        size: u64,
        what: &str,
    ) -> Result<(), Fault> {
        let aligned = address & (request.bytes - 1) == 0;
        if aligned && address.checked_add(request.bytes).is_some_and(|end| end <= size) {
            return Ok(());
        }
        if !aligned {
            return Err(self.misaligned(warp, request, lane, address));
        }
        let problem = format!("{} byte(s) at {address} are outside of {what}, {size} bytes", request.bytes);
        Err(self.fault(FaultKind::OutOfBounds, request.pc, warp, 1 << lane, problem))
    }

    #[cold]
    fn misaligned(&self, warp: &Warp, request: &Request, lane: usize, address: u64) -> Fault {
        let problem = format!("the address {address:#x} isn't a multiple of the access's {} bytes", request.bytes);
        self.fault(FaultKind::Misaligned, request.pc, warp, 1 << lane, problem)
    }

    #[cold]
    fn uninitialised(&self, warp: &Warp, request: &Request, lane: usize, space: &str) -> Fault {
        let problem = format!("{space} memory is read that was never written");
        self.fault(FaultKind::Uninitialised, request.pc, warp, 1 << lane, problem)
    }

    /// The allocation and the number of the first word of a lane's global access.
    #[inline]
    fn global_word(
        &self,
        warp: &Warp,
        request: &Request,
        lane: usize,
        address: u64,
    ) -> Result<(&'a Allocation, usize), Fault> {
        if address & (request.bytes - 1) != 0 {
            return Err(self.misaligned(warp, request, lane, address));
        }
        let view = &self.run.view;
        if let Some(allocation) = view.get(self.hint.get())
            && let Some(offset) = allocation.offset(address, request.bytes)
        {
            return Ok((allocation, offset as usize / 4));
        }
        let after = view.partition_point(|allocation| allocation.address() <= address);
        let below = after.checked_sub(1).map(|i| (i, &view[i]));
        match below.and_then(|(i, allocation)| Some((i, allocation, allocation.offset(address, request.bytes)?))) {
            Some((i, allocation, offset)) => {
                self.hint.set(i);
                Ok((allocation, offset as usize / 4))
            }
            None => Err(self.unmapped(warp, request, lane, address, below.map(|(_, allocation)| &**allocation))),
        }
    }

    /// An access of `address`, which no allocation holds; `below` is the nearest one that begins at or before it.
    #[cold]
    fn unmapped(&self, warp: &Warp, request: &Request, lane: usize, address: u64, below: Option<&Allocation>) -> Fault {
        let near = match below.map(|allocation| (address - allocation.address(), allocation.bytes())) {
            Some((offset, bytes)) if offset < bytes + (1 << 20) => {
                format!("at byte {offset} of an allocation of {bytes}")
            }
            _ => "far from any allocation".into(),
        };
        let problem = format!("{} byte(s) at {address:#x}, {near}", request.bytes);
        self.fault(FaultKind::OutOfBounds, request.pc, warp, 1 << lane, problem)
    }

    /// What the sanitizer has to say of an access, and to remember of it.
    #[inline]
    fn sanitize(&mut self, warp: &Warp, request: &Request, lane: usize, word: Word<'_>) -> Result<(), Fault> {
        let (reads, writes) = (request.kind != Kind::Store, request.kind != Kind::Load);
        let defined = match word {
            Word::Global(allocation, i) => {
                let defined = reads && allocation.is_defined(i);
                if writes {
                    allocation.define(i); // sanitized or not: a later launch may be
                }
                defined
            }
            Word::Shared(i) => {
                let defined = &mut self.shared.defined[i];
                std::mem::replace(defined, *defined || writes)
            }
        };
        if !self.run.options.sanitize {
            return Ok(());
        }
        let shared = request.space == Space::Shared;
        if reads && !defined {
            return Err(self.uninitialised(warp, request, lane, if shared { "shared" } else { "global" }));
        }
        if request.space == Space::Const {
            return Ok(());
        }
        let access = self.access(warp, lane, shared, request.kind == Kind::Atomic);
        let (shadow, i) = match word {
            Word::Global(allocation, i) => (allocation.shadow(), i),
            Word::Shared(i) => (&self.shared.shadow, i),
        };
        let result = if writes { shadow.write(i, access) } else { shadow.read(i, access) };
        result.map_err(|race| self.raced(warp, request, lane, race))
    }

    #[cold]
    fn raced(&self, warp: &Warp, request: &Request, lane: usize, race: Race) -> Fault {
        let (space, does) = match (request.space, request.kind) {
            (Space::Shared, Kind::Load) => ("shared", "reads"),
            (Space::Shared, _) => ("shared", "writes"),
            (_, Kind::Load) => ("global", "reads"),
            _ => ("global", "writes"),
        };
        let problem = format!("race in {space} memory: this thread {does} a word, and {race}");
        self.fault(FaultKind::Race, request.pc, warp, 1 << lane, problem)
    }
}

/// The new value of an atomic operation.
fn combine(op: AtomOp, ty: Type, ftz: bool, old: u32, a: u32, b: u32) -> u32 {
    let flush = |x: f32| if ftz && x.is_subnormal() { 0.0_f32.copysign(x) } else { x };
    let float = |bits| flush(f32::from_bits(bits));
    let signed = |f: fn(i32, i32) -> i32| f(old as i32, a as i32) as u32;
    match op {
        AtomOp::Add if ty == Type::F32 => canonical(flush(float(old) + float(a))),
        AtomOp::Add => old.wrapping_add(a),
        AtomOp::Min if ty == Type::S32 => signed(i32::min),
        AtomOp::Min => old.min(a),
        AtomOp::Max if ty == Type::S32 => signed(i32::max),
        AtomOp::Max => old.max(a),
        AtomOp::And => old & a,
        AtomOp::Or => old | a,
        AtomOp::Xor => old ^ a,
        AtomOp::Exch => a,
        AtomOp::Cas if old == a => b,
        AtomOp::Cas => old,
    }
}
