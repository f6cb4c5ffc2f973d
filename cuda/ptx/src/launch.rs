//! A kernel's launch: its blocks, spread over the host's cores.

use crate::block::Block;
use crate::fault::{self, Fault};
use crate::ir::{Kernel, Reg};
use crate::lanes::WARP;
use crate::memory::{Allocation, Memory};
use crate::observe::{self, Options};
use crate::profile::Profile;
use crate::shadow;
use crate::uses::{File, Uses};
use crate::warp::Warp;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use unrolled::parallel;

/// A kernel with all it needs to run.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The kernel.
    pub kernel: Arc<Kernel>,
    /// Blocks along each axis; none may be 0.
    pub grid: [u32; 3],
    /// Threads of a block along each axis; at least 1, and 1024 together at most.
    pub block: [u32; 3],
    /// Dynamic shared memory of a block, in bytes.
    pub shared_bytes: usize,
    /// The parameters' bytes, laid out as [`Kernel::params`] says.
    pub params: Vec<u8>,
    /// The address of each of the module's variables.
    pub symbols: Arc<[u64]>,
}

/// A launch that runs.
pub struct Run<'a> {
    pub launch: &'a Launch,
    pub options: Options,
    /// Its number among all of the process, for the shadows.
    pub slot: u64,
    /// The device's allocations, by address.
    pub view: Vec<Arc<Allocation>>,
    /// The parameters, in words.
    pub params: Vec<u32>,
    /// Registers that each instruction reads and writes.
    pub uses: Vec<Uses>,
}

impl Run<'_> {
    /// Whether this warp is to be traced.
    pub fn traces(&self, block: [u32; 3], warp: u32) -> bool {
        let wanted = |t: &observe::TraceOf| t.kernel == self.launch.kernel.name && t.block == block && t.warp == warp;
        self.options.trace.as_ref().is_some_and(wanted)
    }
}

impl Kernel {
    /// The name of a register, as the source has it.
    pub fn register_name(&self, (file, reg): (File, Reg)) -> &str {
        let names = match file {
            File::Pred => &self.registers.pred,
            File::R32 => &self.registers.r32,
            File::R64 => &self.registers.r64,
        };
        names.get(usize::from(reg)).map_or("a register", String::as_str)
    }
}

/// A new number for a launch that accesses these allocations, as their shadows have it.
pub fn begin_launch(view: &[Arc<Allocation>]) -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Relaxed);
    view.iter().filter_map(|allocation| allocation.existing_shadow()).for_each(|shadow| shadow.begin(number));
    shadow::slot(number)
}

/// Tasks for each host thread: enough that one that gets the slow blocks is not waited for long.
const TASKS: usize = 8;

impl Launch {
    /// Static and dynamic shared memory of a block, in bytes.
    pub(crate) fn all_shared_bytes(&self) -> usize {
        match self.shared_bytes {
            0 => self.kernel.shared_bytes,
            dynamic => self.kernel.shared_bytes.next_multiple_of(16) + dynamic,
        }
    }

    /// Runs all blocks, on all cores of the host, and adds to what the calling thread observes.
    ///
    /// # Errors
    /// If the kernel does something that it mustn't. No other block begins then; those that have, go on to their ends.
    /// The fault is reported on standard error, too.
    ///
    /// # Panics
    /// If the launch isn't what the fields' documentation asks for: the driver checks that.
    pub fn run(&self, memory: &Memory) -> Result<(), Fault> {
        let code = &self.kernel.code;
        let uses = code.iter().map(Uses::of).collect();
        let (options, view) = (observe::current(), memory.view());
        let word = |bytes: &[u8]| u32::from_le_bytes(std::array::from_fn(|i| bytes.get(i).copied().unwrap_or(0)));
        let params = self.params.chunks(4).map(word).collect();
        let run = Run { launch: self, options, slot: begin_launch(&view), view, params, uses };

        let blocks = self.grid.iter().map(|&n| u64::from(n)).product::<u64>();
        let threads = self.block.iter().product::<u32>();
        let tasks = (TASKS * parallel::threads()).min(blocks.try_into().unwrap_or(usize::MAX));
        let first_of = |task: usize| (u128::from(blocks) * task as u128 / tasks as u128) as u64;
        let (stop, result) = (AtomicBool::new(false), Mutex::new((None, Profile::new(&self.kernel), String::new())));
        // ANCHOR: blocks
        parallel::for_each(tasks, |task| {
            let mut block = Block::new(&run);
            let warps = threads.div_ceil(WARP as u32);
            let mut warps: Vec<Warp> = (0..warps).map(|i| Warp::new(&self.kernel, i, self.block)).collect();
            let fault = (first_of(task)..first_of(task + 1))
                .take_while(|_| !stop.load(Relaxed))
                .find_map(|number| block.run(number, &mut warps).err().map(|fault| (number, fault)));
            // ANCHOR_END: blocks
            let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
            let (first, profile, trace) = &mut *result;
            profile.add_counters(&block.counters);
            trace.push_str(&block.trace);
            if let Some((number, fault)) = fault {
                stop.store(true, Relaxed);
                if first.as_ref().is_none_or(|(other, _)| number < *other) {
                    *first = Some((number, fault));
                }
            }
        });
        let (fault, mut profile, trace) = result.into_inner().unwrap_or_else(PoisonError::into_inner);
        profile.launches = 1;
        profile.blocks = blocks;
        profile.threads = blocks.saturating_mul(threads.into());
        observe::add(run.options.profile.then_some(profile), &trace);
        match fault {
            None => Ok(()),
            Some((_, fault)) => {
                fault::report(&fault);
                Err(fault)
            }
        }
    }
}
