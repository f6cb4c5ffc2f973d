//! A block of threads: warps that take turns, their shared memory, and the barriers between them.

use crate::fault::{Fault, FaultKind};
use crate::ir::{Op, Operand, Reg};
use crate::lanes::lanes;
use crate::launch::{Run, begin_launch};
use crate::profile::Counter;
use crate::shadow::{self, Access, Shadow};
use crate::uses::File;
use crate::warp::Warp;
use std::cell::Cell;

/// Shared memory of a block, in words.
pub struct Shared {
    pub words: Vec<u32>,
    pub bytes: u64,
    /// Whether each word was ever written.
    pub defined: Vec<bool>,
    pub shadow: Shadow,
}

/// A place for blocks to run in, one after the other; every host thread has its own.
pub struct Block<'a> {
    /// The launch it belongs to.
    pub run: &'a Run<'a>,
    /// Its place in the grid.
    pub place: [u32; 3],
    /// Its number in the grid.
    number: u64,
    /// Barriers that it has passed, up to what a shadow can tell apart.
    epoch: u64,
    /// Numbers that shared memory's shadow has had for launches; every block is one to it.
    turns: u64,
    /// The launch's number in the shadows of shared and of global memory.
    slots: [u64; 2],
    pub shared: Shared,
    /// Counted for each instruction, if anybody wants to know.
    pub counters: Vec<Counter>,
    /// The trace, if one is wanted.
    pub trace: String,
    /// The allocation of the last global access: mostly that of the next one, too.
    pub hint: Cell<usize>,
}

impl<'a> Block<'a> {
    /// A place for the blocks of a launch.
    pub fn new(run: &'a Run<'a>) -> Self {
        let kernel = &run.launch.kernel;
        let bytes = run.launch.all_shared_bytes();
        let words = bytes.div_ceil(4);
        let shared = Shared {
            words: vec![u32::MAX; words],
            bytes: bytes as u64,
            defined: vec![false; words],
            shadow: Shadow::new(if run.options.sanitize { words } else { 0 }, false),
        };
        let counters = vec![Counter::default(); if run.options.profile { kernel.code.len() } else { 0 }];
        let (place, trace) = ([0; 3], String::new());
        let slots = [0, run.slot];
        Self { run, place, number: 0, epoch: 0, turns: 0, slots, shared, counters, trace, hint: Cell::new(0) }
    }

    /// Runs block `number` with these warps.
    pub fn run(&mut self, number: u64, warps: &mut [Warp]) -> Result<(), Fault> {
        let [x, y, _] = self.run.launch.grid.map(u64::from);
        self.place = [number % x, number / x % y, number / x / y].map(|i| i as u32);
        self.number = number;
        self.epoch = 0;
        self.slots[1] = self.run.slot;
        self.begin_turn();
        self.shared.words.fill(u32::MAX);
        self.shared.defined.fill(false);
        warps.iter_mut().for_each(Warp::restart);

        // ANCHOR: barrier
        loop {
            for warp in warps.iter_mut().filter(|warp| warp.alive != 0) {
                self.run_warp(warp)?;
            }
            let Some(first) = warps.iter().position(|warp| warp.barrier.is_some()) else { return Ok(()) };
            self.check_barrier(warps, first)?;
            self.pass_barrier();
            warps.iter_mut().for_each(|warp| warp.barrier = None);
        }
        // ANCHOR_END: barrier
    }

    /// What shared memory's shadow has seen so far can't race with what comes.
    fn begin_turn(&mut self) {
        self.turns += 1;
        self.slots[0] = shadow::slot(self.turns);
        self.shared.shadow.begin(self.turns);
    }

    /// Orders what the block did before what it will do.
    fn pass_barrier(&mut self) {
        self.epoch += 1;
        // Where epochs begin again, another number for the launch keeps the old ones apart. Races with other blocks
        // are missed from there on; none is reported that isn't one.
        if self.epoch == shadow::EPOCHS {
            self.epoch = 0;
            self.begin_turn();
            self.slots[1] = begin_launch(&self.run.view);
        }
    }

    /// All threads of the block must wait at the same `bar.sync`; `first` is a warp that waits.
    fn check_barrier(&self, warps: &[Warp], first: usize) -> Result<(), Fault> {
        let pc = warps[first].barrier.unwrap_or(0);
        for warp in warps {
            let line = |pc: u32| self.run.launch.kernel.code[pc as usize].place.line;
            let returned = warp.all & !warp.alive;
            let (at, lanes, problem) = match warp.barrier {
                Some(other) if other != pc => {
                    let problem = format!(
                        "this thread waits at this bar.sync, thread {} of the block at that of line {}",
                        first * 32,
                        line(pc)
                    );
                    (other, warp.alive, problem)
                }
                // Hardware counts threads that have returned as if they waited: this often works, by luck.
                _ if returned == 0 || !self.run.options.sanitize => continue,
                _ => (pc, returned, "this thread has returned, while others wait at this bar.sync".into()),
            };
            return Err(self.fault(FaultKind::Barrier, at, warp, lanes, problem));
        }
        Ok(())
    }

    /// Runs a warp up to its next barrier, or to its end.
    fn run_warp(&mut self, warp: &mut Warp) -> Result<(), Fault> {
        let kernel = &self.run.launch.kernel;
        let sanitize = self.run.options.sanitize;
        while let Some(pc) = warp.next() {
            // ANCHOR: guard
            let instruction = &kernel.code[pc as usize];
            let mut exec = warp.top.mask;
            if let Some(guard) = instruction.guard {
                if sanitize {
                    self.check_defined(warp, pc, (File::Pred, guard.reg), exec)?;
                }
                let pred = warp.get_pred(Operand::Reg(guard.reg));
                exec &= if guard.negated { !pred } else { pred };
            }
            // ANCHOR_END: guard
            warp.executed += 1;
            if warp.executed > self.run.options.limit {
                let problem = format!("a warp has run {} instructions, and isn't at its end", self.run.options.limit);
                return Err(self.fault(FaultKind::Timeout, pc, warp, exec, problem));
            }
            if let Some(counter) = self.counters.get_mut(pc as usize) {
                counter.warps += 1;
                counter.threads += u64::from(exec.count_ones());
                counter.active += u64::from(warp.top.mask.count_ones());
            }
            let traced = self.run.traces(self.place, warp.number);
            let before = if traced { self.trace_before(warp, pc, exec) } else { None };

            match instruction.op {
                Op::Bra { target, join, uniform } => {
                    let parted = warp.branch(exec, target, join);
                    if let Some(counter) = self.counters.get_mut(pc as usize).filter(|_| parted) {
                        counter.diverged += 1;
                    }
                    if parted && uniform {
                        let problem = "lanes part at a bra.uni".into();
                        return Err(self.fault(FaultKind::Uniformity, pc, warp, exec, problem));
                    }
                }
                // No lane is at work: a guard is false in all, as it may well be at a barrier.
                _ if exec == 0 => warp.top.pc += 1,
                Op::Ret => {
                    warp.top.pc += 1;
                    warp.retire(exec);
                }
                Op::Bar => {
                    if exec != warp.alive {
                        let others = (warp.alive & !exec).count_ones();
                        let problem = format!(
                            "bar.sync with {others} thread(s) of the warp elsewhere: all must come here together"
                        );
                        return Err(self.fault(FaultKind::Barrier, pc, warp, exec, problem));
                    }
                    warp.top.pc += 1;
                    warp.barrier = Some(pc);
                }
                _ => {
                    warp.top.pc += 1;
                    if sanitize {
                        for &used in &self.run.uses[pc as usize].reads {
                            self.check_defined(warp, pc, used, exec)?;
                        }
                    }
                    self.execute(warp, pc, exec)?;
                    if sanitize {
                        self.run.uses[pc as usize].writes.iter().for_each(|&used| warp.define(used, exec));
                    }
                }
            }
            if traced {
                self.trace_after(warp, pc, exec, before);
            }
            if warp.barrier.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// A register that lanes of `exec` read must have been written by them.
    fn check_defined(&self, warp: &Warp, pc: u32, used: (File, Reg), exec: u32) -> Result<(), Fault> {
        let undefined = warp.undefined(used, exec);
        if undefined == 0 {
            return Ok(());
        }
        let name = self.run.launch.kernel.register_name(used);
        let problem = format!("{name} is read, and was never written");
        Err(self.fault(FaultKind::Uninitialised, pc, warp, undefined, problem))
    }

    /// A fault of the first lane in `lanes` at instruction `pc`.
    pub fn fault(&self, kind: FaultKind, pc: u32, warp: &Warp, mask: u32, problem: String) -> Fault {
        let kernel = &self.run.launch.kernel;
        let lane = lanes(mask).next().unwrap_or(0);
        Fault {
            kind,
            kernel: kernel.name.clone(),
            place: kernel.code[pc as usize].place,
            instruction: kernel.text[pc as usize].clone(),
            block: self.place,
            thread: warp.tid.map(|axis| axis[lane]),
            problem,
        }
    }

    /// What a lane does to memory, for the shadows.
    pub fn access(&self, warp: &Warp, lane: usize, shared: bool, atomic: bool) -> Access {
        let slot = self.slots[usize::from(!shared)];
        let thread = warp.number * 32 + lane as u32;
        Access { slot, block: self.number, thread, epoch: self.epoch, atomic }
    }
}
