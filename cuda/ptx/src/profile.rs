//! What a kernel did, counted.

use crate::ir::{BinaryOp, Kernel, Op, Space, TernaryOp, Type, UnaryOp};
use std::sync::Arc;

/// What is counted for each instruction of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counter {
    /// Times a warp ran it.
    pub warps: u64,
    /// Times a thread did.
    pub threads: u64,
    /// Lanes that were running in those warps, whatever their guards said.
    pub active: u64,
    /// Of a branch: times it parted the lanes of a warp.
    pub diverged: u64,
    /// Of a memory access: bytes that threads asked for.
    pub bytes: u64,
    /// Bytes of them that differ within each request of a warp.
    pub distinct_bytes: u64,
    /// Of a global access: sectors of 32 bytes that were moved.
    pub sectors: u64,
    /// Of a shared access: passes through the 32 banks.
    pub passes: u64,
    /// Passes that would be enough without a conflict.
    pub least_passes: u64,
}

impl Counter {
    fn add(&mut self, other: &Counter) {
        let Counter { warps, threads, active, diverged, bytes, distinct_bytes, sectors, passes, least_passes } = other;
        self.warps += warps;
        self.threads += threads;
        self.active += active;
        self.diverged += diverged;
        self.bytes += bytes;
        self.distinct_bytes += distinct_bytes;
        self.sectors += sectors;
        self.passes += passes;
        self.least_passes += least_passes;
    }
}

/// Bytes of a sector, the least that global memory moves.
pub const SECTOR: u64 = 32;

/// The classes that instructions are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // they say it
pub enum Class {
    Float,
    Integer,
    Logic,
    Move,
    Global,
    Shared,
    OtherMemory,
    Atomic,
    Lanes,
    Branch,
    Barrier,
}

impl Class {
    /// All, in the order of a table.
    pub const ALL: [Class; 11] = [
        Class::Float,
        Class::Integer,
        Class::Logic,
        Class::Move,
        Class::Global,
        Class::Shared,
        Class::OtherMemory,
        Class::Atomic,
        Class::Lanes,
        Class::Branch,
        Class::Barrier,
    ];

    /// Its name in a table.
    pub fn name(self) -> &'static str {
        match self {
            Class::Float => "float arithmetic",
            Class::Integer => "integer arithmetic",
            Class::Logic => "compare, select, logic",
            Class::Move => "move, convert",
            Class::Global => "global loads, stores",
            Class::Shared => "shared loads, stores",
            Class::OtherMemory => "param, local, const",
            Class::Atomic => "atomics, reductions",
            Class::Lanes => "shuffle, vote",
            Class::Branch => "branch, return",
            Class::Barrier => "barrier, fence",
        }
    }

    /// That of an instruction.
    pub fn of(op: &Op) -> Self {
        match *op {
            Op::Mov { .. } | Op::Special { .. } | Op::Cvt { .. } => Class::Move,
            Op::Binary { op: BinaryOp::And | BinaryOp::Or | BinaryOp::Xor, .. } => Class::Logic,
            Op::Unary { op: UnaryOp::Not, .. } | Op::Setp { .. } | Op::Selp { .. } => Class::Logic,
            Op::Unary { ty: Type::F32, .. } | Op::Binary { ty: Type::F32, .. } | Op::Ternary { ty: Type::F32, .. } => {
                Class::Float
            }
            Op::Unary { .. } | Op::Binary { .. } | Op::Ternary { .. } => Class::Integer,
            Op::Ld { space, .. } | Op::St { space, .. } => match space {
                Space::Global => Class::Global,
                Space::Shared => Class::Shared,
                _ => Class::OtherMemory,
            },
            Op::Atom { .. } => Class::Atomic,
            Op::Shfl { .. } | Op::Vote { .. } => Class::Lanes,
            Op::Bra { .. } | Op::Ret => Class::Branch,
            Op::Bar | Op::Membar => Class::Barrier,
        }
    }
}

/// Floating-point operations of one thread: two for a fused multiply-add, none for `min`, `max`, `neg` and `abs`.
fn flops(op: &Op) -> u64 {
    use BinaryOp::{Add, Div, DivApprox, Mul, Sub};
    match op {
        Op::Ternary { op: TernaryOp::Fma, .. } => 2,
        Op::Binary { op: Add | Sub | Mul | Div | DivApprox, ty: Type::F32, .. } => 1,
        Op::Unary { op: UnaryOp::Neg | UnaryOp::Abs, .. } => 0,
        Op::Unary { ty: Type::F32, .. } => 1,
        Op::Atom { ty: Type::F32, .. } => 1,
        _ => 0,
    }
}

/// What all launches of a kernel did, as long as somebody was counting.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The kernel.
    pub kernel: Arc<Kernel>,
    /// How many times it was launched.
    pub launches: u64,
    /// Blocks of all launches.
    pub blocks: u64,
    /// Threads of all launches.
    pub threads: u64,
    /// What each of [`Kernel::code`] did.
    pub counters: Vec<Counter>,
}

impl Profile {
    /// Nothing yet.
    pub(crate) fn new(kernel: &Arc<Kernel>) -> Self {
        let counters = vec![Counter::default(); kernel.code.len()];
        Self { kernel: kernel.clone(), launches: 0, blocks: 0, threads: 0, counters }
    }

    pub(crate) fn add(&mut self, other: &Profile) {
        self.launches += other.launches;
        self.blocks += other.blocks;
        self.threads += other.threads;
        self.add_counters(&other.counters);
    }

    pub(crate) fn add_counters(&mut self, counters: &[Counter]) {
        self.counters.iter_mut().zip(counters).for_each(|(sum, counter)| sum.add(counter));
    }

    /// The kernel's name.
    pub fn name(&self) -> &str {
        &self.kernel.name
    }

    /// The sum over the instructions that `which` picks.
    pub fn sum(&self, which: impl Fn(&Op) -> bool) -> Counter {
        let mut sum = Counter::default();
        for (instruction, counter) in self.kernel.code.iter().zip(&self.counters) {
            if which(&instruction.op) {
                sum.add(counter);
            }
        }
        sum
    }

    /// The sum over a class.
    pub fn class(&self, class: Class) -> Counter {
        self.sum(|op| Class::of(op) == class)
    }

    /// The sum over all instructions.
    pub fn total(&self) -> Counter {
        self.sum(|_| true)
    }

    /// Global loads.
    pub fn global_loads(&self) -> Counter {
        self.sum(|op| matches!(op, Op::Ld { space: Space::Global, .. }))
    }

    /// Global stores.
    pub fn global_stores(&self) -> Counter {
        self.sum(|op| matches!(op, Op::St { space: Space::Global, .. }))
    }

    /// Everything that reaches global memory: loads, stores and atomics.
    pub fn global(&self) -> Counter {
        self.sum(|op| match op {
            Op::Ld { space, .. } | Op::St { space, .. } | Op::Atom { space, .. } => *space == Space::Global,
            _ => false,
        })
    }

    /// Shared loads, stores and atomics.
    pub fn shared(&self) -> Counter {
        self.sum(|op| match op {
            Op::Ld { space, .. } | Op::St { space, .. } | Op::Atom { space, .. } => *space == Space::Shared,
            _ => false,
        })
    }

    /// Floating-point operations.
    pub fn flops(&self) -> u64 {
        self.kernel.code.iter().zip(&self.counters).map(|(i, counter)| flops(&i.op) * counter.threads).sum()
    }

    /// Bytes that global loads asked for: every thread's, also those that its neighbours ask for as well.
    pub fn global_load_bytes(&self) -> u64 {
        self.global_loads().bytes
    }

    /// Bytes that global stores wrote.
    pub fn global_store_bytes(&self) -> u64 {
        self.global_stores().bytes
    }

    /// Bytes that global memory moved: whole sectors. There is no cache here.
    pub fn bytes_moved(&self) -> u64 {
        self.global().sectors * SECTOR
    }

    /// How much of what global memory moved was asked for, from 0 to 1; 1 if nothing moved.
    pub fn coalescing(&self) -> f64 {
        let global = self.global();
        ratio(global.distinct_bytes, global.sectors * SECTOR, 1.0)
    }

    /// Sectors moved for each request of a warp; 4 for 32 neighbouring `f32`.
    pub fn sectors_per_request(&self) -> f64 {
        let global = self.global();
        ratio(global.sectors, global.warps, 0.0)
    }

    /// Passes through the banks of shared memory that conflicts cost.
    pub fn bank_conflicts(&self) -> u64 {
        let shared = self.shared();
        shared.passes - shared.least_passes
    }

    /// How many of 32 lanes did something, on average, from 0 to 1.
    pub fn lane_efficiency(&self) -> f64 {
        let total = self.total();
        ratio(total.threads, 32 * total.warps, 1.0)
    }

    /// Branches that parted a warp.
    pub fn divergent_branches(&self) -> u64 {
        self.total().diverged
    }

    /// Floating-point operations for each byte that global memory moved.
    pub fn intensity(&self) -> f64 {
        ratio(self.flops(), self.bytes_moved(), 0.0)
    }
}

pub(crate) fn ratio(a: u64, b: u64, without: f64) -> f64 {
    if b == 0 { without } else { a as f64 / b as f64 }
}
