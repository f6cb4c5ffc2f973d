//! What the tests share. They go through RustaCUDA, unmodified, and hold on a GPU, too; what only the simulator
//! promises is asked of it alone.
#![allow(dead_code)] // each test uses some of it

use cuda_driver_sys::{Backend, backend};
use rustacuda::context::{Context, ContextFlags};
use rustacuda::device::Device;
use rustacuda::error::CudaResult;
use rustacuda::memory::{CopyDestination, DeviceBuffer, DevicePointer};
use rustacuda::module::Module;
use rustacuda::stream::{Stream, StreamFlags};
use rustacuda::{CudaFlags, launch};
use std::ffi::{CStr, CString};

/// The kernels.
pub const PTX: &str = include_str!("kernels.ptx");

/// Whether the simulator answers.
pub fn simulated() -> bool {
    backend() == Backend::Simulator
}

/// A new context on the first device, current on this thread.
pub fn context() -> Context {
    rustacuda::init(CudaFlags::empty()).unwrap();
    Context::create_and_push(ContextFlags::SCHED_AUTO, Device::get_device(0).unwrap()).unwrap()
}

/// The kernels, loaded into the current context.
pub fn module() -> Module {
    Module::load_from_string(&CString::new(PTX).unwrap()).unwrap()
}

/// A stream that doesn't wait for the default stream.
pub fn stream() -> Stream {
    Stream::new(StreamFlags::NON_BLOCKING, None).unwrap()
}

/// A name for the driver.
pub fn name(name: &str) -> CString {
    CString::new(name).unwrap()
}

/// A number on the device, to which kernels append digits.
pub struct Number(DeviceBuffer<u32>);

impl Number {
    /// 0.
    pub fn new() -> Self {
        Number(DeviceBuffer::from_slice(&[0]).unwrap())
    }

    /// Where it is.
    pub fn pointer(&mut self) -> DevicePointer<u32> {
        self.0.as_device_ptr()
    }

    /// What has been appended, as far as the device has come.
    pub fn get(&self) -> CudaResult<u32> {
        let mut number = [0];
        self.0.copy_to(&mut number)?;
        Ok(number[0])
    }

    /// Queues a kernel that appends a digit.
    pub fn append(&mut self, module: &Module, stream: &Stream, digit: u32) -> CudaResult<()> {
        // SAFETY: the kernel takes a pointer to a u32 and a u32.
        unsafe { launch!(module.append<<<1, 1, 0, stream>>>(self.pointer(), digit)) }
    }
}

/// Queues one thread of a kernel that does what it mustn't near a buffer.
pub fn misbehave(module: &Module, kernel: &CStr, stream: &Stream, buffer: &mut DeviceBuffer<u32>) {
    let function = module.get_function(kernel).unwrap();
    // SAFETY: the kernels take a pointer, and what they do to it is what the test is about.
    unsafe { launch!(function<<<1, 1, 0, stream>>>(buffer.as_device_ptr())) }.unwrap();
}
