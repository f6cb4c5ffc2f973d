//! Memory and copies.

mod common;

use common::*;
use rustacuda::device::Device;
use rustacuda::error::CudaError;
use rustacuda::launch;
use rustacuda::memory::{
    AsyncCopyDestination, CopyDestination, DeviceBox, DeviceBuffer, LockedBuffer, UnifiedBox, UnifiedBuffer, cuda_free,
};
use rustacuda::stream::{Stream, StreamFlags};

#[test]
fn there_and_back() {
    let _context = context();
    for len in [1, 3, 4, 5, 1000] {
        let values: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
        let buffer = DeviceBuffer::from_slice(&values).unwrap();
        let mut back = vec![0; len];
        buffer.copy_to(&mut back).unwrap();
        assert_eq!(back, values);
    }
}

#[test]
fn slices_are_copied_within_the_device() {
    let _context = context();
    let source = DeviceBuffer::from_slice(&[1u8, 2, 3, 4, 5]).unwrap();
    let mut target = DeviceBuffer::from_slice(&[0u8; 7]).unwrap();
    target[2..5].copy_from(&source[1..4]).unwrap();
    let mut back = [9; 7];
    target.copy_to(&mut back).unwrap();
    assert_eq!(back, [0, 0, 2, 3, 4, 0, 0]);
}

#[test]
fn zeroed() {
    let _context = context();
    // SAFETY: zeros are numbers.
    let buffer = unsafe { DeviceBuffer::<u32>::zeroed(100) }.unwrap();
    let mut back = [1; 100];
    buffer.copy_to(&mut back).unwrap();
    assert_eq!(back, [0; 100]);
    // SAFETY: as above.
    let boxed = unsafe { DeviceBox::<u64>::zeroed() }.unwrap();
    let mut back = 1;
    boxed.copy_to(&mut back).unwrap();
    assert_eq!(back, 0);
}

#[test]
fn memory_runs_out_and_comes_back() {
    let _context = context();
    let all = Device::get_device(0).unwrap().total_memory().unwrap();
    // SAFETY: nobody reads it.
    let too_much = unsafe { DeviceBuffer::<u8>::uninitialized(all + 1) };
    assert_eq!(too_much.err(), Some(CudaError::OutOfMemory));
    for _ in 0..3 {
        // SAFETY: as above.
        let much = unsafe { DeviceBuffer::<u8>::uninitialized(1 << 20) }.unwrap();
        DeviceBuffer::drop(much).unwrap();
    }
}

#[test]
fn what_is_not_allocated_is_not_freed() {
    let _context = context();
    let mut buffer = DeviceBuffer::from_slice(&[1u32, 2]).unwrap();
    // SAFETY: the pointers are not dereferenced.
    unsafe {
        let inside = buffer.as_device_ptr().offset(1);
        assert_eq!(cuda_free(inside), Err(CudaError::InvalidValue));
    }
    DeviceBuffer::drop(buffer).unwrap();
}

#[test]
fn managed_memory_is_shared_with_kernels() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut x = UnifiedBuffer::new(&2f32, 64).unwrap();
    let mut y = UnifiedBuffer::new(&1f32, 64).unwrap();
    x[3] = 10.0;
    // SAFETY: the kernel's parameters, and buffers of 64 elements.
    unsafe {
        launch!(module.saxpy<<<1, 64, 0, stream>>>(64u32, 2f32, x.as_unified_ptr(), y.as_unified_ptr())).unwrap();
    }
    stream.synchronize().unwrap();
    assert_eq!(y[2], 5.0);
    assert_eq!(y[3], 21.0);
    let boxed = UnifiedBox::new(5u64).unwrap();
    assert_eq!(*boxed, 5);
}

#[test]
fn managed_memory_is_copied_like_a_devices() {
    let _context = context();
    let mut managed = UnifiedBuffer::new(&1u32, 8).unwrap();
    let device = DeviceBuffer::from_slice(&[7u32; 8]).unwrap();
    device.copy_to(&mut managed[..]).unwrap(); // a slice of the host's
    assert_eq!(managed[..], [7; 8]);
    let copy = DeviceBuffer::from_slice(&managed[2..4]).unwrap();
    let mut back = [0; 2];
    copy.copy_to(&mut back).unwrap();
    assert_eq!(back, [7; 2]);
}

#[test]
fn asynchronous_copies_happen_in_the_order_of_their_stream() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut input = LockedBuffer::new(&0u32, 1).unwrap();
    let mut output = LockedBuffer::new(&0u32, 1).unwrap();
    let mut number = Number::new();
    let mut buffer = DeviceBuffer::from_slice(&[0u32]).unwrap();
    input[0] = 4;
    // SAFETY: the host's buffers live until the stream is waited for, and are left alone.
    unsafe {
        buffer.async_copy_from(&input[..], &stream).unwrap();
        // number = 4, by way of the buffer
        let mut slice = DeviceBuffer::from_raw_parts(number.pointer(), 1);
        slice.async_copy_from(&buffer, &stream).unwrap();
        number.append(&module, &stream, 2).unwrap();
        slice.async_copy_to(&mut output[..], &stream).unwrap();
        number.append(&module, &stream, 9).unwrap();
        std::mem::forget(slice);
    }
    if simulated() {
        assert_eq!(output[0], 0);
    }
    stream.synchronize().unwrap();
    assert_eq!(output[0], 42);
    assert_eq!(number.get(), Ok(429));
}

#[test]
fn freeing_waits_for_the_work_of_the_context() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut number = Number::new();
    number.append(&module, &stream, 3).unwrap();
    drop(DeviceBuffer::from_slice(&[0u8]).unwrap());
    assert_eq!(number.get(), Ok(3));
}

#[test]
fn copies_stay_within_one_allocation() {
    let _context = context();
    let mut buffer = DeviceBuffer::from_slice(&[1u8; 100]).unwrap();
    let stream = Stream::new(StreamFlags::DEFAULT, None).unwrap();
    // SAFETY: the buffer is longer than its memory, which the driver is to find out.
    let mut longer = unsafe { DeviceBuffer::from_raw_parts(buffer.as_device_ptr(), 1 << 20) };
    let mut host = vec![0; 1 << 20];
    assert_eq!(longer.copy_to(&mut host), Err(CudaError::InvalidValue));
    assert_eq!(longer.copy_from(&host), Err(CudaError::InvalidValue));
    // SAFETY: nothing is copied.
    unsafe {
        assert_eq!(longer.async_copy_to(&mut host, &stream), Err(CudaError::InvalidValue));
    }
    std::mem::forget(longer);
    buffer.copy_to(&mut host[..100]).unwrap(); // and the context is as it was
}
