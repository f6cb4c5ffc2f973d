//! Loads and stores, and where the words of any access are.

use crate::block::Block;
use crate::fault::{Fault, FaultKind};
use crate::ir::{Address, Base, Operand, Reg, Space, Type, Vector};
use crate::lanes::{Lanes, Span, WARP, lanes, mask, span};
use crate::memory::Allocation;
use crate::warp::Warp;
use std::sync::atomic::Ordering::Relaxed;

/// The words of one access, at most 16 bytes.
type Words = [Lanes<u32>; 4];

/// An access of a warp.
#[derive(Clone, Copy)]
pub struct Request {
    pub pc: u32,
    pub exec: u32,
    pub space: Space,
    /// Bytes of each lane.
    pub bytes: u64,
    pub kind: Kind,
}

/// What an access does.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Load,
    Store,
    Atomic,
}

impl Request {
    /// Words of each lane.
    pub fn words(&self) -> usize {
        self.bytes as usize / 4
    }
}

/// What the lanes of a request access: a space of the block or the thread, or an allocation; and the number of each
/// lane's first word in it.
pub struct Home<'a> {
    pub allocation: Option<&'a Allocation>,
    pub first: Lanes<usize>,
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
        let mut words = [[0; WARP]; 4];
        self.request(warp, &request, address, |block, warp, home, exec| {
            for (i, words) in words[..request.words()].iter_mut().enumerate() {
                for lane in lanes(exec) {
                    let word = home.first[lane] + i;
                    words[lane] = match (home.allocation, space) {
                        (Some(allocation), _) => allocation.word(word).load(Relaxed),
                        (None, Space::Shared) => block.shared.words[word],
                        (None, Space::Local) => warp.local[word][lane],
                        (None, _) => block.run.params[word],
                    };
                }
            }
        })?;
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
        let mut words: Words = [[0; WARP]; 4];
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
        self.request(warp, &request, address, |block, warp, home, exec| {
            for (i, words) in words[..request.words()].iter().enumerate() {
                for lane in lanes(exec) {
                    let word = home.first[lane] + i;
                    match (home.allocation, space) {
                        (Some(allocation), _) => allocation.word(word).store(words[lane], Relaxed),
                        (None, Space::Shared) => block.shared.words[word] = words[lane],
                        (None, _) => warp.local[word][lane] = words[lane],
                    }
                }
            }
        })
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

    /// Counts and checks a request, and lets `act` do it: for all lanes at once where they access one allocation, else lane
    /// by lane.
    #[inline]
    pub fn request(
        &mut self,
        warp: &mut Warp,
        request: &Request,
        address: Address,
        mut act: impl FnMut(&mut Self, &mut Warp, &Home<'a>, u32),
    ) -> Result<(), Fault> {
        let addresses = self.addresses(warp, address);
        if let Some(counter) = self.counters.get_mut(request.pc as usize) {
            counter.access(request.space, request.bytes, request.exec, &addresses);
        }
        let mut done = |block: &mut Self, warp: &mut Warp, request: &Request, home: &Home<'a>| {
            block.sanitize(warp, request, home)?;
            act(block, warp, home, request.exec);
            Ok(())
        };
        if let Some(home) = self.home(warp, request, &addresses)? {
            return done(self, warp, request, &home);
        }
        for lane in lanes(request.exec) {
            let alone = Request { exec: 1 << lane, ..*request };
            if let Some(home) = self.home(warp, &alone, &addresses)? {
                done(self, warp, &alone, &home)?;
            }
        }
        Ok(())
    }

    /// Where a request's words are; `None` if they are in several allocations.
    #[inline]
    fn home(&self, warp: &Warp, request: &Request, addresses: &Lanes<u64>) -> Result<Option<Home<'a>>, Fault> {
        let mut settled = *addresses;
        if request.exec != u32::MAX {
            let some = addresses[request.exec.trailing_zeros() as usize % WARP];
            (0..WARP).filter(|lane| request.exec >> lane & 1 == 0).for_each(|lane| settled[lane] = some);
        }
        let Span { bits, least, most } = span(&settled);
        if bits & (request.bytes - 1) != 0 {
            return Err(self.misaligned(warp, request, addresses));
        }
        let end = most.saturating_add(request.bytes);
        let run = self.run;
        let (size, what) = match request.space {
            Space::Param => (run.params.len() as u64 * 4, "the parameters"),
            Space::Local => (run.launch.kernel.local_bytes as u64, "the thread's local memory"),
            Space::Shared => (self.shared.bytes, "the block's shared memory"),
            Space::Global | Space::Const => {
                let Some(allocation) = self.allocation(least, request.bytes) else {
                    return Err(self.unmapped(warp, request, addresses));
                };
                let base = allocation.address();
                let inside = end - base <= allocation.bytes();
                let first = settled.map(|address| (address.wrapping_sub(base) / 4) as usize);
                return Ok(inside.then_some(Home { allocation: Some(allocation), first }));
            }
        };
        match end <= size {
            true => Ok(Some(Home { allocation: None, first: settled.map(|address| (address / 4) as usize) })),
            false => Err(self.outside(warp, request, addresses, size, what)),
        }
    }

    /// The allocation that holds these bytes; most likely the one of the last access.
    #[inline]
    fn allocation(&self, address: u64, bytes: u64) -> Option<&'a Allocation> {
        let view = &self.run.view;
        let holds = |allocation: &Allocation| allocation.offset(address, bytes).is_some();
        if let Some(allocation) = view.get(self.hint.get()).filter(|allocation| holds(allocation)) {
            return Some(allocation);
        }
        let i = self.below(address)?;
        self.hint.set(i);
        view.get(i).filter(|allocation| holds(allocation)).map(|allocation| &**allocation)
    }

    /// The number of the last allocation that begins at or before an address.
    fn below(&self, address: u64) -> Option<usize> {
        self.run.view.partition_point(|allocation| allocation.address() <= address).checked_sub(1)
    }

    #[cold]
    fn misaligned(&self, warp: &Warp, request: &Request, addresses: &Lanes<u64>) -> Fault {
        let wrong = request.exec & mask(|lane| addresses[lane] & (request.bytes - 1) != 0);
        let address = addresses[wrong.trailing_zeros() as usize % WARP];
        let problem = format!("the address {address:#x} isn't a multiple of the access's {} bytes", request.bytes);
        self.fault(FaultKind::Misaligned, request.pc, warp, wrong, problem)
    }

    #[cold]
    fn outside(&self, warp: &Warp, request: &Request, addresses: &Lanes<u64>, size: u64, what: &str) -> Fault {
        let wrong = request.exec & mask(|lane| addresses[lane].saturating_add(request.bytes) > size);
        let address = addresses[wrong.trailing_zeros() as usize % WARP];
        let problem = format!("{} byte(s) at {address} are outside of {what}, {size} bytes", request.bytes);
        self.fault(FaultKind::OutOfBounds, request.pc, warp, wrong, problem)
    }

    #[cold]
    fn unmapped(&self, warp: &Warp, request: &Request, addresses: &Lanes<u64>) -> Fault {
        let wrong = request.exec & mask(|lane| self.allocation(addresses[lane], request.bytes).is_none());
        let address = addresses[wrong.trailing_zeros() as usize % WARP];
        let below = self.below(address);
        let (below, above) = (below.map(|i| &self.run.view[i]), self.run.view.get(below.map_or(0, |i| i + 1)));
        let behind = below.map_or(u64::MAX, |below| address.saturating_sub(below.address() + below.bytes()));
        let before = above.map_or(u64::MAX, |above| above.address() - address);
        let near = match (below, above) {
            (_, Some(above)) if before <= 1 << 20 && before < behind => {
                format!("{before} byte(s) before an allocation of {}", above.bytes())
            }
            (Some(below), _) if behind <= 1 << 20 => {
                format!("at byte {} of an allocation of {}", address - below.address(), below.bytes())
            }
            _ => "far from any allocation".into(),
        };
        let problem = format!("{} byte(s) at {address:#x}, {near}", request.bytes);
        self.fault(FaultKind::OutOfBounds, request.pc, warp, wrong, problem)
    }
}
