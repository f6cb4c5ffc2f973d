//! Modules: how they are loaded, and what is in them.

mod common;

use common::*;
use rustacuda::error::CudaError;
use rustacuda::launch;
use rustacuda::memory::{CopyDestination, DeviceBuffer};
use rustacuda::module::Module;
use std::fs;
use std::path::Path;

#[test]
fn variables_can_be_read_and_written() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut out = DeviceBuffer::from_slice(&[0f32; 4]).unwrap();
    let mut run = || {
        // SAFETY: the kernel takes a pointer to four floats.
        unsafe { launch!(module.variables<<<1, 4, 0, stream>>>(out.as_device_ptr())) }.unwrap();
        stream.synchronize().unwrap();
        let mut back = [0.0; 4];
        out.copy_to(&mut back).unwrap();
        back
    };
    assert_eq!(run(), [7.0, 14.0, 21.0, 28.0]);

    let mut factor = module.get_global::<u32>(&name("factor")).unwrap();
    let mut value = 0;
    factor.copy_to(&mut value).unwrap();
    assert_eq!(value, 7);
    factor.copy_from(&2).unwrap();
    let mut table = module.get_global::<[f32; 4]>(&name("table")).unwrap();
    table.copy_from(&[1.0, 1.0, 0.5, 4.0]).unwrap();
    assert_eq!(run(), [2.0, 2.0, 1.0, 8.0]);
}

#[test]
fn each_loaded_module_has_variables_of_its_own() {
    let _context = context();
    let (one, other) = (module(), module());
    one.get_global::<u32>(&name("factor")).unwrap().copy_from(&1).unwrap();
    let mut value = 0;
    other.get_global::<u32>(&name("factor")).unwrap().copy_to(&mut value).unwrap();
    assert_eq!(value, 7);
    drop(one);
    other.get_global::<u32>(&name("factor")).unwrap().copy_to(&mut value).unwrap();
    assert_eq!(value, 7);
}

#[test]
fn what_is_not_there_is_not_found() {
    let _context = context();
    let module = module();
    assert_eq!(module.get_function(&name("missing")).err(), Some(CudaError::NotFound));
    assert_eq!(module.get_function(&name("factor")).err(), Some(CudaError::NotFound));
    assert_eq!(module.get_global::<u32>(&name("missing")).err(), Some(CudaError::NotFound));
    assert_eq!(module.get_global::<u32>(&name("saxpy")).err(), Some(CudaError::NotFound));
}

#[test]
fn bad_ptx_is_refused() {
    let _context = context();
    let wrong = PTX.replace("fma.rn.f32", "fma.rn.f33");
    for source in [wrong.as_str(), "", "hello", ".version 6.0\n.target sm_50\n.address_size 64\n.entry"] {
        assert_eq!(Module::load_from_string(&name(source)).err(), Some(CudaError::InvalidPtx), "{source}");
    }
    assert!(Module::load_from_string(&name(PTX)).is_ok());
}

#[test]
fn files() {
    let _context = context();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernels.ptx");
    fs::write(&path, PTX).unwrap();
    let module = Module::load_from_file(&name(path.to_str().unwrap())).unwrap();
    assert!(module.get_function(&name("saxpy")).is_ok());
    let missing = path.with_file_name("missing.ptx");
    assert_eq!(Module::load_from_file(&name(missing.to_str().unwrap())).err(), Some(CudaError::FileNotFound));
    fs::write(&path, "nonsense").unwrap();
    assert_eq!(Module::load_from_file(&name(path.to_str().unwrap())).err(), Some(CudaError::InvalidPtx));
}

#[test]
fn unloading_waits_for_the_modules_kernels() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut number = Number::new();
    number.append(&module, &stream, 8).unwrap();
    drop(module);
    assert_eq!(number.get(), Ok(8));
}
