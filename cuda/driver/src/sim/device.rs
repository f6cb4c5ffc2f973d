//! Devices: how many there are and what they can do.

use super::{Result, lock, state};
use crate::CUdevice_attribute::{self, *};
use crate::CUresult::*;
use ptx::Memory;
use std::env;
use std::ffi::{CStr, c_int};
use std::sync::Arc;
use std::thread;

/// The name of every simulated device.
pub const NAME: &CStr = c"Simulated GPU (Convolution, Unrolled)";

/// Threads of a block.
pub const MAX_THREADS: u32 = 1024;
/// Threads of a block along each axis.
pub const MAX_BLOCK: [u32; 3] = [1024, 1024, 64];
/// Blocks of a grid along each axis.
pub const MAX_GRID: [u32; 3] = [i32::MAX as u32, 65535, 65535];
/// Shared memory of a block, in bytes.
pub const MAX_SHARED: usize = 48 << 10;

/// Memory of a device, in bytes.
const MEMORY: usize = 4 << 30;

/// CUDA 12.2.
pub const DRIVER_VERSION: c_int = 12020;

/// Makes the devices: `UNROLLED_SIM_DEVICES` of them, 1 to 16, by default 1.
pub fn init(flags: u32) -> Result {
    if flags != 0 {
        return Err(CUDA_ERROR_INVALID_VALUE);
    }
    let mut state = lock();
    if state.devices.is_empty() {
        let count = match env::var_os("UNROLLED_SIM_DEVICES") {
            None => 1,
            Some(wish) => {
                wish.to_str().and_then(|n| n.parse().ok()).filter(|n| (1..=16).contains(n)).ok_or_else(|| {
                    eprintln!("UNROLLED_SIM_DEVICES is {wish:?}: expected a number from 1 to 16.");
                    CUDA_ERROR_INVALID_VALUE
                })?
            }
        };
        state.devices = (0..count).map(|device| Arc::new(Memory::new(device, MEMORY))).collect();
    }
    Ok(())
}

/// The number of devices.
pub fn count() -> Result<c_int> {
    Ok(state()?.devices.len() as c_int)
}

/// The device of this number, from 0.
pub fn get(ordinal: c_int) -> Result<c_int> {
    index(ordinal)?;
    Ok(ordinal)
}

/// The index of a device.
pub fn index(device: c_int) -> Result<usize> {
    let devices = state()?.devices.len();
    usize::try_from(device).ok().filter(|&device| device < devices).ok_or(CUDA_ERROR_INVALID_DEVICE)
}

/// The size of the device's memory, in bytes.
pub fn total_memory(device: c_int) -> Result<usize> {
    index(device)?;
    Ok(MEMORY)
}

/// An identity, the same in every process.
pub fn uuid(device: c_int) -> Result<[u8; 16]> {
    let mut uuid = *b"unrolled sim  00";
    let device = index(device)?;
    uuid[14] += (device / 10) as u8;
    uuid[15] += (device % 10) as u8;
    Ok(uuid)
}

/// What the device can do: a small GPU of compute capability 5.0, with as many multiprocessors as the host has cores.
/// Of textures and surfaces, and of what CUDA added later, it has nothing.
pub fn attribute(attribute: CUdevice_attribute, device: c_int) -> Result<c_int> {
    let device = index(device)?;
    Ok(match attribute {
        CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK => MAX_THREADS as c_int,
        CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X => MAX_BLOCK[0] as c_int,
        CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y => MAX_BLOCK[1] as c_int,
        CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z => MAX_BLOCK[2] as c_int,
        CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X => MAX_GRID[0] as c_int,
        CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y => MAX_GRID[1] as c_int,
        CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z => MAX_GRID[2] as c_int,
        CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK
        | CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
        | CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR => MAX_SHARED as c_int,
        CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY => 64 << 10,
        CU_DEVICE_ATTRIBUTE_WARP_SIZE => 32,
        CU_DEVICE_ATTRIBUTE_MAX_PITCH => c_int::MAX,
        CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK | CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR => 64 << 10,
        CU_DEVICE_ATTRIBUTE_CLOCK_RATE | CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE => 1_000_000,
        CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH => 128,
        CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE => 2 << 20,
        CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT | CU_DEVICE_ATTRIBUTE_SURFACE_ALIGNMENT => 512,
        CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT => 32,
        CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT => thread::available_parallelism().map_or(1, |n| n.get() as c_int),
        CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR => MAX_THREADS as c_int,
        CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT => 1,
        CU_DEVICE_ATTRIBUTE_SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO => 32,
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR => 5,
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR => 0,
        CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID | CU_DEVICE_ATTRIBUTE_MULTI_GPU_BOARD_GROUP_ID => device as c_int,
        CU_DEVICE_ATTRIBUTE_GPU_OVERLAP
        | CU_DEVICE_ATTRIBUTE_INTEGRATED
        | CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY
        | CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS
        | CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING
        | CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED
        | CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY
        | CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS => 1,
        CU_DEVICE_ATTRIBUTE_MAX => return Err(CUDA_ERROR_INVALID_VALUE),
        _ => 0,
    })
}
