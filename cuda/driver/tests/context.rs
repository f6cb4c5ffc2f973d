//! Contexts: which is current, what belongs to one, and what a faulty kernel does to it.

mod common;

use common::*;
use rustacuda::CudaFlags;
use rustacuda::context::{
    CacheConfig, Context, ContextFlags, ContextStack, CurrentContext, ResourceLimit, SharedMemoryConfig,
};
use rustacuda::device::{Device, DeviceAttribute};
use rustacuda::error::{CudaError, DropResult};
use rustacuda::event::{Event, EventFlags};
use rustacuda::memory::{AsyncCopyDestination, CopyDestination, DeviceBuffer};
use rustacuda::module::Module;
use rustacuda::stream::{Stream, StreamFlags};
use std::mem::forget;
use std::sync::mpsc;
use std::thread;

/// The error of a drop; what couldn't be dropped isn't tried again.
fn drop_error<T>(result: DropResult<T>) -> Option<CudaError> {
    let (error, undropped) = result.err()?;
    forget(undropped);
    Some(error)
}

#[test]
fn nothing_works_without_a_current_context() {
    rustacuda::init(CudaFlags::empty()).unwrap();
    let none = CudaError::InvalidContext;
    assert_eq!(DeviceBuffer::from_slice(&[1u8]).err(), Some(none));
    assert_eq!(Stream::new(StreamFlags::DEFAULT, None).err(), Some(none));
    assert_eq!(Event::new(EventFlags::DEFAULT).err(), Some(none));
    assert_eq!(Module::load_from_string(&name(PTX)).err(), Some(none));
    assert_eq!(CurrentContext::synchronize().err(), Some(none));
    assert_eq!(CurrentContext::get_device().err(), Some(none));
    assert_eq!(ContextStack::pop().err(), Some(none));
}

#[test]
fn contexts_are_current_thread_by_thread() {
    let context = context();
    let unowned = context.get_unowned();
    thread::spawn(move || {
        assert_eq!(DeviceBuffer::from_slice(&[1u8]).err(), Some(CudaError::InvalidContext));
        CurrentContext::set_current(&unowned).unwrap();
        let buffer = DeviceBuffer::from_slice(&[1u8, 2]).unwrap();
        let mut back = [0; 2];
        buffer.copy_to(&mut back).unwrap();
        assert_eq!(back, [1, 2]);
    })
    .join()
    .unwrap();
}

#[test]
fn the_stack_of_contexts() {
    let first = context();
    let second = context();
    CurrentContext::set_cache_config(CacheConfig::PreferL1).unwrap();
    assert_eq!(CurrentContext::get_cache_config(), Ok(CacheConfig::PreferL1));
    ContextStack::pop().unwrap();
    if simulated() {
        assert_eq!(CurrentContext::get_cache_config(), Ok(CacheConfig::PreferNone)); // the first one's
    }
    ContextStack::push(&second).unwrap();
    assert_eq!(CurrentContext::get_cache_config(), Ok(CacheConfig::PreferL1));
    drop(second); // takes it off the stack
    CurrentContext::synchronize().unwrap();
    drop(first);
    assert_eq!(CurrentContext::synchronize(), Err(CudaError::InvalidContext));
}

#[test]
fn a_context_that_another_thread_destroyed() {
    let context = context();
    let unowned = context.get_unowned();
    let (current, is_current) = mpsc::channel();
    let (destroyed, is_destroyed) = mpsc::channel();
    let other = thread::spawn(move || {
        CurrentContext::set_current(&unowned).unwrap();
        current.send(()).unwrap();
        is_destroyed.recv().unwrap();
        assert_eq!(CurrentContext::synchronize(), Err(CudaError::ContextIsDestroyed));
        assert!(ContextStack::pop().is_ok());
        assert_eq!(CurrentContext::synchronize(), Err(CudaError::InvalidContext));
        assert_eq!(ContextStack::push(&unowned), Err(CudaError::InvalidContext));
    });
    is_current.recv().unwrap();
    drop(context);
    destroyed.send(()).unwrap();
    other.join().unwrap();
}

#[test]
fn what_a_context_keeps() {
    rustacuda::init(CudaFlags::empty()).unwrap();
    let device = Device::get_device(0).unwrap();
    let flags = ContextFlags::SCHED_BLOCKING_SYNC | ContextFlags::MAP_HOST;
    let context = Context::create_and_push(flags, device).unwrap();
    assert_eq!(CurrentContext::get_device(), Ok(device));
    assert!(CurrentContext::get_flags().unwrap().contains(ContextFlags::SCHED_BLOCKING_SYNC));
    assert!(context.get_api_version().unwrap().major() >= 3);
    CurrentContext::set_resource_limit(ResourceLimit::StackSize, 2048).unwrap();
    assert_eq!(CurrentContext::get_resource_limit(ResourceLimit::StackSize), Ok(2048));
    CurrentContext::set_shared_memory_config(SharedMemoryConfig::FourByteBankSize).unwrap();
    assert_eq!(CurrentContext::get_shared_memory_config(), Ok(SharedMemoryConfig::FourByteBankSize));
    let range = CurrentContext::get_stream_priority_range().unwrap();
    assert!(range.greatest <= range.least);
    let stream = Stream::new(StreamFlags::NON_BLOCKING, Some(range.greatest - 100)).unwrap();
    assert_eq!(stream.get_priority(), Ok(range.greatest));
    assert_eq!(stream.get_flags(), Ok(StreamFlags::NON_BLOCKING));
    assert_eq!(Stream::new(StreamFlags::DEFAULT, None).unwrap().get_flags(), Ok(StreamFlags::DEFAULT));
}

#[test]
fn devices() {
    rustacuda::init(CudaFlags::empty()).unwrap();
    let devices = Device::num_devices().unwrap();
    assert!(devices >= 1);
    assert_eq!(Device::get_device(devices).err(), Some(CudaError::InvalidDevice));
    let device = Device::get_device(0).unwrap();
    assert_eq!(device.name().unwrap().contains("Simulated"), simulated());
    assert!(device.total_memory().unwrap() >= 1 << 30);
    let attribute = |attribute| device.get_attribute(attribute).unwrap();
    assert_eq!(attribute(DeviceAttribute::WarpSize), 32);
    assert_eq!(attribute(DeviceAttribute::MaxThreadsPerBlock), 1024);
    assert_eq!(attribute(DeviceAttribute::MaxBlockDimZ), 64);
    assert_eq!(attribute(DeviceAttribute::MaxGridDimY), 65535);
    assert_eq!(attribute(DeviceAttribute::MaxSharedMemoryPerBlock), 48 << 10);
    assert!(attribute(DeviceAttribute::ComputeCapabilityMajor) >= 5);
    assert!(attribute(DeviceAttribute::MultiprocessorCount) >= 1);
}

#[test]
fn a_faulty_kernel_spoils_its_context_and_no_other() {
    for (kernel, error) in [("outside", CudaError::IllegalAddress), ("misaligned", CudaError::MisalignedAddress)] {
        let healthy = context();
        let mut number = Number::new();
        let healthy_module = module();
        let healthy_stream = stream();

        let spoilt = context();
        let (module, stream) = (module(), stream());
        let event = Event::new(EventFlags::DEFAULT).unwrap();
        let mut buffer = DeviceBuffer::from_slice(&[0; 4]).unwrap();
        misbehave(&module, &name(kernel), &stream, &mut buffer);
        assert_eq!(stream.synchronize(), Err(error));

        assert_eq!(stream.synchronize(), Err(error));
        assert_eq!(CurrentContext::synchronize(), Err(error));
        assert_eq!(event.record(&stream), Err(error));
        assert_eq!(event.query().err(), Some(error));
        assert_eq!(buffer.copy_to(&mut [0; 4]), Err(error));
        assert_eq!(buffer.copy_from(&[0; 4]), Err(error));
        assert_eq!(DeviceBuffer::from_slice(&[1u8]).err(), Some(error));
        assert_eq!(Stream::new(StreamFlags::DEFAULT, None).err(), Some(error));
        assert_eq!(Event::new(EventFlags::DEFAULT).err(), Some(error));
        assert_eq!(Module::load_from_string(&name(PTX)).err(), Some(error));
        assert_eq!(module.get_function(&name("saxpy")).err(), Some(error));
        // Dropped without asking, these would panic.
        assert_eq!(drop_error(DeviceBuffer::drop(buffer)), Some(error));
        forget(event); // RustaCUDA's `Event::drop` panics when it fails
        assert_eq!(drop_error(Stream::drop(stream)), Some(error));
        assert_eq!(drop_error(Module::drop(module)), Some(error));
        drop(spoilt);

        number.append(&healthy_module, &healthy_stream, 4).unwrap();
        healthy_stream.synchronize().unwrap();
        assert_eq!(number.get(), Ok(4));
        drop((number, healthy_stream, healthy_module));
        drop(healthy);
    }
}

#[test]
fn what_belongs_to_a_spoilt_context_says_so_in_any_other() {
    let spoilt = context();
    let (module, stream) = (module(), stream());
    let event = Event::new(EventFlags::DEFAULT).unwrap();
    let mut buffer = DeviceBuffer::from_slice(&[0; 4]).unwrap();
    misbehave(&module, &name("outside"), &stream, &mut buffer);
    let healthy = context();
    let error = Err(CudaError::IllegalAddress);
    assert_eq!(stream.synchronize(), error);
    assert_eq!(stream.synchronize(), error);
    assert_eq!(stream.get_flags().map(|_| ()), error);
    assert_eq!(event.synchronize(), error);
    assert_eq!(module.get_function(&name("saxpy")).map(|_| ()), error);
    assert_eq!(CurrentContext::synchronize(), Ok(()));
    forget((buffer, event, stream, module));
    drop(healthy);
    drop(spoilt);
}

#[test]
fn what_is_queued_behind_a_fault_does_not_run() {
    let context = context();
    let (module, stream) = (module(), stream());
    let mut buffer = DeviceBuffer::from_slice(&[0u32; 4]).unwrap();
    let host = &mut *Box::leak(Box::new([7u32; 4]));
    misbehave(&module, &name("outside"), &stream, &mut buffer);
    // SAFETY: the host's memory lives for ever.
    unsafe { buffer[..].async_copy_to(&mut *host, &stream) }.unwrap();
    assert_eq!(stream.synchronize(), Err(CudaError::IllegalAddress));
    assert_eq!(*host, [7; 4]);
    forget((buffer, stream, module));
    drop(context);
}

#[test]
fn a_context_is_dropped_before_what_belongs_to_it() {
    // RustaCUDA's drops panic then, each with the driver's error; asked politely, they say it.
    let context = context();
    let (module, stream) = (module(), stream());
    let buffer = DeviceBuffer::from_slice(&[0u32; 4]).unwrap();
    drop(context);
    let error = CudaError::InvalidContext;
    if simulated() {
        assert_eq!(drop_error(DeviceBuffer::drop(buffer)), Some(error));
        assert_eq!(drop_error(Stream::drop(stream)), Some(error));
        assert_eq!(drop_error(Module::drop(module)), Some(error));
    } else {
        forget((buffer, stream, module)); // a driver may do anything
    }
}

#[test]
fn threads_work_side_by_side() {
    thread::scope(|scope| {
        for thread in 1..=4 {
            scope.spawn(move || {
                let _context = context();
                let (module, stream) = (module(), stream());
                let mut number = Number::new();
                for _ in 0..5 {
                    number.append(&module, &stream, thread).unwrap();
                    stream.synchronize().unwrap();
                }
                assert_eq!(number.get(), Ok(11111 * thread));
            });
        }
    });
}
