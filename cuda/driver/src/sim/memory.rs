//! Memory: of devices, of devices and host together, and of the host, page-locked.

use super::context::finish;
use super::{Guard, Handle, Result, State, state};
use crate::CUmemAttach_flags_enum::{CU_MEM_ATTACH_GLOBAL, CU_MEM_ATTACH_HOST};
use crate::CUresult::*;
use ptx::Memory;
use std::ffi::c_uint;
use std::sync::Arc;

/// Whose memory it is, and who can reach it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The device's.
    Device,
    /// A variable of a module.
    Variable,
    /// `cuMemAllocManaged`: an address of the host that all devices can reach.
    Managed,
    /// `cuMemAllocHost`: the same, as page-locked memory can be reached, too.
    Host,
}

/// An allocation.
pub struct Region {
    pub bytes: usize,
    pub kind: Kind,
    context: Handle,
    /// A memory that it can be reached through.
    pub memory: Arc<Memory>,
}

impl State {
    /// The region with this address.
    pub fn region(&self, address: u64) -> Option<(u64, &Region)> {
        let (start, region) = self.regions.range(..=address).next_back()?;
        (address - start < region.bytes as u64).then_some((*start, region))
    }

    /// The memory of a context's device.
    pub fn memory_of(&self, context: Handle) -> Result<Arc<Memory>> {
        let context = self.contexts.get(&context).ok_or(CUDA_ERROR_INVALID_CONTEXT)?;
        Ok(self.devices[context.device].clone())
    }

    /// Allocates memory that both the host and every device can reach.
    fn allocate_for_all(&mut self, bytes: usize, kind: Kind) -> Result<u64> {
        let context = self.current()?;
        if bytes == 0 {
            return Err(CUDA_ERROR_INVALID_VALUE);
        }
        let allocation = Memory::host_visible(bytes).ok_or(CUDA_ERROR_OUT_OF_MEMORY)?;
        let address = allocation.address();
        for memory in &self.devices {
            memory.map(allocation.clone());
        }
        let memory = self.memory_of(context)?;
        self.regions.insert(address, Region { bytes, kind, context, memory });
        Ok(address)
    }

    /// Keeps a variable of a module in the memory of the module's context.
    pub fn add_variable(&mut self, content: &[u8], context: Handle) -> Result<u64> {
        let memory = self.memory_of(context)?;
        let address = memory.allocate_constants(content).ok_or(CUDA_ERROR_OUT_OF_MEMORY)?;
        self.regions.insert(address, Region { bytes: content.len(), kind: Kind::Variable, context, memory });
        Ok(address)
    }

    /// Frees a region, if one starts there.
    pub fn free_region(&mut self, address: u64) -> Option<Region> {
        let region = self.regions.remove(&address)?;
        for memory in &self.devices {
            memory.free(address);
        }
        Some(region)
    }

    /// Frees all that was allocated in a context.
    pub fn free_regions_of(&mut self, context: Handle) {
        let of_context = self.regions.iter().filter(|(_, region)| region.context == context);
        for address in of_context.map(|(address, _)| *address).collect::<Vec<_>>() {
            self.free_region(address);
        }
    }
}

/// Allocates memory of the current context's device.
pub fn allocate(bytes: usize) -> Result<u64> {
    let mut state = state()?;
    let context = state.current()?;
    if bytes == 0 {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    let memory = state.memory_of(context)?;
    let address = memory.allocate(bytes).ok_or(CUDA_ERROR_OUT_OF_MEMORY)?;
    state.regions.insert(address, Region { bytes, kind: Kind::Device, context, memory });
    Ok(address)
}

/// Allocates memory that the host and all devices share.
pub fn allocate_managed(bytes: usize, flags: c_uint) -> Result<u64> {
    let mut state = state()?;
    state.current()?;
    if flags != CU_MEM_ATTACH_GLOBAL as c_uint && flags != CU_MEM_ATTACH_HOST as c_uint {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    state.allocate_for_all(bytes, Kind::Managed)
}

/// Allocates page-locked memory of the host.
pub fn allocate_host(bytes: usize) -> Result<u64> {
    state()?.allocate_for_all(bytes, Kind::Host)
}

/// Frees what [`allocate`] or [`allocate_managed`] gave.
pub fn free(address: u64) -> Result {
    free_of_kind(address, |kind| matches!(kind, Kind::Device | Kind::Managed))
}

/// Frees what [`allocate_host`] gave.
pub fn free_host(address: u64) -> Result {
    free_of_kind(address, |kind| kind == Kind::Host)
}

/// Frees a region, once the work of the context that it was allocated in is done, as work may be queued that uses it.
fn free_of_kind(address: u64, is_right: impl Fn(Kind) -> bool) -> Result {
    let mut state = state()?;
    state.current()?;
    let owner = |state: &Guard| {
        let region = state.regions.get(&address).filter(|region| is_right(region.kind));
        region.map(|region| region.context).ok_or(CUDA_ERROR_INVALID_VALUE)
    };
    let context = owner(&state)?;
    state = finish(state, context);
    state.healthy(context)?;
    owner(&state)?;
    state.free_region(address);
    Ok(())
}
