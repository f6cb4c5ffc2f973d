//! Kernels, from end to end.

mod common;

use common::*;
use rustacuda::context::{CacheConfig, SharedMemoryConfig};
use rustacuda::error::CudaError;
use rustacuda::function::FunctionAttribute;
use rustacuda::launch;
use rustacuda::memory::{CopyDestination, DeviceBuffer, DevicePointer};
use rustacuda::stream::{Stream, StreamFlags};

#[test]
fn saxpy() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let x: Vec<f32> = (0..1000).map(|i| i as f32).collect();
    let y: Vec<f32> = (0..1000).map(|i| (i % 7) as f32).collect();
    let mut device_x = DeviceBuffer::from_slice(&x).unwrap();
    let mut device_y = DeviceBuffer::from_slice(&y).unwrap();
    // SAFETY: the kernel's parameters, and buffers of 1000 elements.
    unsafe {
        launch!(module.saxpy<<<4, 256, 0, stream>>>(
            1000u32, 3f32, device_x.as_device_ptr(), device_y.as_device_ptr()
        ))
    }
    .unwrap();
    stream.synchronize().unwrap();
    let mut sums = vec![0.0; 1000];
    device_y.copy_to(&mut sums).unwrap();
    for (i, sum) in sums.iter().enumerate() {
        assert_eq!(*sum, 3.0 * x[i] + y[i]);
    }
}

// ANCHOR: forgotten
#[test]
fn a_forgotten_synchronize_shows() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut number = Number::new();
    number.append(&module, &stream, 5).unwrap();
    if simulated() {
        assert_eq!(number.get(), Ok(0));
        assert_eq!(number.get(), Ok(0)); // and goes on showing
    }
    stream.synchronize().unwrap();
    assert_eq!(number.get(), Ok(5));
}
// ANCHOR_END: forgotten

#[test]
fn blocking_streams_are_waited_for_by_blocking_copies() {
    let _context = context();
    let module = module();
    let stream = Stream::new(StreamFlags::DEFAULT, None).unwrap();
    let mut number = Number::new();
    number.append(&module, &stream, 5).unwrap();
    assert_eq!(number.get(), Ok(5));
}

#[test]
fn parameters_are_copied_when_the_kernel_is_launched() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut number = Number::new();
    for mut digit in 1..=3u32 {
        number.append(&module, &stream, digit).unwrap();
        digit = 9;
        std::hint::black_box(&mut digit);
    }
    stream.synchronize().unwrap();
    assert_eq!(number.get(), Ok(123));
}

#[test]
fn parameters_lie_at_their_own_alignment() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut out = DeviceBuffer::from_slice(&[0i32]).unwrap();
    // SAFETY: the kernel's parameters.
    unsafe { launch!(module.mixed<<<1, 1, 0, stream>>>(40u32, out.as_device_ptr(), -42i32)) }.unwrap();
    stream.synchronize().unwrap();
    let mut sum = [0];
    out.copy_to(&mut sum).unwrap();
    assert_eq!(sum, [-2]);
}

#[test]
fn the_shape_of_a_launch_is_checked() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let nothing = DevicePointer::<f32>::null();
    let refused = Err(CudaError::InvalidValue);
    let launch = |grid: (u32, u32, u32), block: (u32, u32, u32), shared: u32| {
        // SAFETY: the kernel's parameters; of 0 elements it touches none.
        unsafe { launch!(module.saxpy<<<grid, block, shared, stream>>>(0u32, 0f32, nothing, nothing)) }
    };
    for block in [(1024, 1, 1), (1, 1024, 1), (1, 1, 64), (32, 16, 2)] {
        assert_eq!(launch((1, 1, 1), block, 0), Ok(()));
    }
    for block in [(1025, 1, 1), (1, 1, 65), (32, 32, 2), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1 << 16, 1 << 16, 1)] {
        assert_eq!(launch((1, 1, 1), block, 0), refused);
    }
    for grid in [(1, 65535, 1), (1, 1, 65535)] {
        assert_eq!(launch(grid, (1, 1, 1), 0), Ok(()));
    }
    for grid in [(1 << 31, 1, 1), (1, 65536, 1), (1, 1, 65536), (0, 1, 1), (1, 0, 1), (1, 1, 0)] {
        assert_eq!(launch(grid, (1, 1, 1), 0), refused);
    }
    assert_eq!(launch((1, 1, 1), (1, 1, 1), 48 << 10), Ok(()));
    assert_eq!(launch((1, 1, 1), (1, 1, 1), (48 << 10) + 1), refused);
    stream.synchronize().unwrap();
}

#[test]
fn static_and_dynamic_shared_memory_share_48_kib() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let function = module.get_function(&name("shared")).unwrap();
    assert_eq!(function.get_attribute(FunctionAttribute::SharedMemorySizeBytes), Ok(24580));
    // SAFETY: the kernel has no parameters.
    let launch = |dynamic: u32| unsafe { launch!(function<<<1, 1, dynamic, stream>>>()) };
    // Dynamic memory begins at the next multiple of 16, 24592.
    assert_eq!(launch((48 << 10) - 24592), Ok(()));
    assert_eq!(launch((48 << 10) - 24580 + 1), Err(CudaError::InvalidValue));
    if simulated() {
        assert_eq!(launch((48 << 10) - 24592 + 1), Err(CudaError::InvalidValue));
    }
}

#[test]
fn what_is_known_of_a_kernel() {
    let _context = context();
    let module = module();
    let mut function = module.get_function(&name("saxpy")).unwrap();
    function.set_cache_config(CacheConfig::PreferShared).unwrap();
    function.set_shared_memory_config(SharedMemoryConfig::FourByteBankSize).unwrap();
    let attribute = |attribute| function.get_attribute(attribute).unwrap();
    assert_eq!(attribute(FunctionAttribute::MaxThreadsPerBlock), 1024);
    assert_eq!(attribute(FunctionAttribute::SharedMemorySizeBytes), 0);
    assert_eq!(attribute(FunctionAttribute::LocalSizeBytes), 0);
    assert!((4..256).contains(&attribute(FunctionAttribute::NumRegisters)));
    assert_eq!(attribute(FunctionAttribute::PtxVersion), 60);
    if simulated() {
        // Five registers of 32 bits for integers and three for floats, and two of 64 bits.
        assert_eq!(attribute(FunctionAttribute::NumRegisters), 5 + 3 + 2 * 2);
        assert_eq!(attribute(FunctionAttribute::ConstSizeBytes), 16);
    }
}
