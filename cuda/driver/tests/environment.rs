//! What the environment decides. It is read once, so that each case has a process of its own: this program again.

mod common;

use common::*;
use cuda_driver_sys::{Backend, CUresult, Side, backend, choose, cuEventQuery, cuMemFree_v2};
use rustacuda::CudaFlags;
use rustacuda::context::{Context, ContextFlags, CurrentContext};
use rustacuda::device::Device;
use rustacuda::error::CudaError;
use rustacuda::event::{Event, EventFlags};
use rustacuda::launch;
use rustacuda::memory::{AsyncCopyDestination, CopyDestination, DeviceBuffer};
use rustacuda::stream::StreamWaitEventFlags;
use std::env;
use std::process::Command;

/// Set in the process of a case.
const IN_CASE: &str = "UNROLLED_TEST_CASE";

/// Runs the test of this name, whose body is `body`, in a process with these variables and no others of ours; what it
/// writes to stderr. In that process, runs the body.
fn case(test: &str, variables: &[(&str, &str)], body: impl FnOnce()) -> Option<String> {
    if env::var_os(IN_CASE).is_some() {
        body();
        return None;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(IN_CASE, "1");
    for variable in ["UNROLLED_CUDA", "UNROLLED_SIM_DEVICES", "UNROLLED_SIM_PROFILE", "LD_LIBRARY_PATH"] {
        command.env_remove(variable);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
    Some(stderr.into_owned())
}

/// The lines of stderr that speak of our variables.
fn complaints(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| line.contains("UNROLLED_")).collect()
}

#[test]
fn a_value_that_means_nothing_is_refused() {
    let stderr = case("a_value_that_means_nothing_is_refused", &[("UNROLLED_CUDA", "cpu")], || {
        assert_eq!(rustacuda::init(CudaFlags::empty()), Err(CudaError::InvalidValue));
        assert_eq!(Device::num_devices(), Err(CudaError::InvalidValue));
        assert_eq!(backend(), Backend::Refused(CUresult::CUDA_ERROR_INVALID_VALUE));
        assert_eq!(CudaError::InvalidValue.to_string(), "\"invalid argument\"");
    });
    if let Some(stderr) = stderr {
        assert_eq!(complaints(&stderr), ["UNROLLED_CUDA: it is \"cpu\", expected gpu or sim, or that it isn't set"]);
    }
}

#[test]
fn a_program_may_choose_the_simulator() {
    case("a_program_may_choose_the_simulator", &[("UNROLLED_CUDA", "cpu")], || {
        assert_eq!((choose(Side::Simulator), choose(Side::Simulator)), (Ok(()), Ok(())));
        assert_eq!(backend(), Backend::Simulator);
        assert_eq!(choose(Side::Gpu), Err("the simulated GPU answers already".into()));
    });
}

#[test]
fn nothing_is_ready_before_init() {
    case("nothing_is_ready_before_init", &[("UNROLLED_CUDA", "sim")], || {
        let error = CudaError::NotInitialized;
        assert_eq!(Device::num_devices(), Err(error));
        assert_eq!(Device::get_device(0), Err(error));
        assert_eq!(CurrentContext::get_current().err(), Some(error));
        assert_eq!(DeviceBuffer::from_slice(&[1u8]).err(), Some(error));
        // SAFETY: the simulator looks addresses and handles up.
        unsafe {
            assert_eq!(cuMemFree_v2(0x10), CUresult::CUDA_ERROR_NOT_INITIALIZED);
            assert_eq!(cuEventQuery(std::ptr::null_mut()), CUresult::CUDA_ERROR_NOT_INITIALIZED);
        }
        assert_eq!(rustacuda::CudaApiVersion::get().unwrap().major(), 12);
        rustacuda::init(CudaFlags::empty()).unwrap();
        rustacuda::init(CudaFlags::empty()).unwrap();
        assert_eq!(Device::num_devices(), Ok(1));
        assert_eq!(backend(), Backend::Simulator);
    });
}

#[test]
fn the_number_of_devices_is_checked() {
    for value in ["0", "17", "two", "-1", ""] {
        let variables = [("UNROLLED_CUDA", "sim"), ("UNROLLED_SIM_DEVICES", value)];
        let stderr = case("the_number_of_devices_is_checked", &variables, || {
            assert_eq!(rustacuda::init(CudaFlags::empty()), Err(CudaError::InvalidValue));
            assert_eq!(Device::num_devices(), Err(CudaError::NotInitialized));
        });
        let Some(stderr) = stderr else { return };
        let line = format!("UNROLLED_SIM_DEVICES is {value:?}: expected a number from 1 to 16.");
        assert_eq!(complaints(&stderr), [line]);
    }
}

#[test]
fn two_devices() {
    case("two_devices", &[("UNROLLED_CUDA", "sim"), ("UNROLLED_SIM_DEVICES", "2")], || {
        rustacuda::init(CudaFlags::empty()).unwrap();
        assert_eq!(Device::num_devices(), Ok(2));
        let devices: Vec<_> = Device::devices().unwrap().map(Result::unwrap).collect();
        assert_ne!(devices[0].uuid(), devices[1].uuid());

        let near = Context::create_and_push(ContextFlags::SCHED_AUTO, devices[0]).unwrap();
        let (near_module, near_stream) = (module(), stream());
        let mut near_number = DeviceBuffer::from_slice(&[4u32]).unwrap();
        let far = Context::create_and_push(ContextFlags::SCHED_AUTO, devices[1]).unwrap();
        assert_eq!(CurrentContext::get_device(), Ok(devices[1]));
        let (far_module, far_stream) = (module(), stream());
        let mut far_number = DeviceBuffer::from_slice(&[0u32]).unwrap();
        let copied = Event::new(EventFlags::DISABLE_TIMING).unwrap();

        // A kernel here, a copy to there, and a kernel there that waits for it.
        CurrentContext::set_current(&near).unwrap();
        // SAFETY: the kernel's parameters; the buffers live until both streams are waited for.
        unsafe {
            launch!(near_module.append<<<1, 1, 0, near_stream>>>(near_number.as_device_ptr(), 2u32)).unwrap();
            far_number.async_copy_from(&near_number, &near_stream).unwrap();
        }
        assert_eq!(copied.record(&near_stream), Err(CudaError::InvalidHandle)); // it is the far context's
        let copied_here = Event::new(EventFlags::DISABLE_TIMING).unwrap();
        copied_here.record(&near_stream).unwrap();
        CurrentContext::set_current(&far).unwrap();
        far_stream.wait_event(copied_here, StreamWaitEventFlags::DEFAULT).unwrap();
        // SAFETY: the kernel's parameters.
        unsafe { launch!(far_module.append<<<1, 1, 0, far_stream>>>(far_number.as_device_ptr(), 7u32)) }.unwrap();
        far_stream.synchronize().unwrap();
        let mut number = [0];
        far_number.copy_to(&mut number).unwrap();
        assert_eq!(number, [427]);
        near_number.copy_from(&far_number).unwrap(); // and back, at once
        near_number.copy_to(&mut number).unwrap();
        assert_eq!(number, [427]);

        // A kernel doesn't reach the other device's memory.
        // SAFETY: the kernel's parameters.
        unsafe { launch!(far_module.append<<<1, 1, 0, far_stream>>>(near_number.as_device_ptr(), 1u32)) }.unwrap();
        assert_eq!(far_stream.synchronize(), Err(CudaError::IllegalAddress));
        std::mem::forget((far_module, far_stream, far_number, copied));
        drop(far);
        CurrentContext::set_current(&near).unwrap();
        near_stream.synchronize().unwrap();
    });
}

#[test]
fn profiles_are_printed_when_a_context_ends() {
    let variables = [("UNROLLED_CUDA", "sim"), ("UNROLLED_SIM_PROFILE", "1")];
    let stderr = case("profiles_are_printed_when_a_context_ends", &variables, || {
        let _context = context();
        let (module, stream) = (module(), stream());
        Number::new().append(&module, &stream, 1).unwrap();
        stream.synchronize().unwrap();
    });
    if let Some(stderr) = stderr {
        assert!(stderr.contains("append"), "{stderr}");
    }
}

#[test]
fn a_bad_modules_reason_is_printed() {
    let stderr = case("a_bad_modules_reason_is_printed", &[("UNROLLED_CUDA", "sim")], || {
        let _context = context();
        let source = PTX.replacen(".address_size 64", ".address_size 48", 1);
        assert!(rustacuda::module::Module::load_from_string(&name(&source)).is_err());
    });
    if let Some(stderr) = stderr {
        assert!(stderr.contains("PTX: line 3, column"), "{stderr}");
    }
}

/// Drivers that the loader finds before the machine's: shared libraries, compiled here.
#[cfg(target_os = "linux")]
mod with_a_driver {
    use super::*;
    use cuda_driver_sys::{cuDeviceGetCount, cuInit};
    use std::fs;
    use std::path::Path;

    /// A driver with one device and few functions, which knows codes that came after CUDA 10.2.
    const DRIVER: &str = r#"
        #[unsafe(no_mangle)] extern "C" fn cuInit(_: u32) -> u32 { 0 }
        // SAFETY: the caller has room for the number at `n`.
        #[unsafe(no_mangle)] unsafe extern "C" fn cuDeviceGetCount(n: *mut i32) -> u32 { unsafe { *n = DEVICES }; 0 }
        #[unsafe(no_mangle)] extern "C" fn cuMemFree_v2(address: u64) -> u32 { address as u32 }
        #[unsafe(no_mangle)] unsafe extern "C" fn cuStreamAddCallback(
            stream: usize, callback: Option<unsafe extern "C" fn(usize, u32, *mut u8)>, data: *mut u8, flags: u32,
        ) -> u32 {
            if flags != 0 { return 1 }
            // SAFETY: the caller says that the callback takes this data.
            unsafe { callback.unwrap()(stream, stream as u32, data) };
            0
        }
    "#;

    /// A folder for this test, with a `libcuda.so.1` that has so many devices.
    fn driver(devices: u32, test: &str) -> String {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        fs::create_dir_all(&folder).unwrap();
        let source = folder.join("driver.rs");
        fs::write(&source, format!("const DEVICES: i32 = {devices};{DRIVER}")).unwrap();
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition=2024", "--crate-type=cdylib", "--crate-name=driver"]);
        let status = command.arg(&source).arg("-o").arg(folder.join("libcuda.so.1")).status().unwrap();
        assert!(status.success());
        folder.to_str().unwrap().to_owned()
    }

    /// As [`case`], with a driver.
    fn case_with(devices: u32, test: &str, variables: &[(&str, &str)], body: impl FnOnce()) -> Option<String> {
        let folder = if env::var_os(IN_CASE).is_some() { String::new() } else { driver(devices, test) };
        let mut variables = variables.to_vec();
        variables.push(("LD_LIBRARY_PATH", &folder));
        case(&format!("with_a_driver::{test}"), &variables, body)
    }

    #[test]
    fn the_machines_driver_answers() {
        case_with(1, "the_machines_driver_answers", &[], || {
            assert_eq!(backend(), Backend::Gpu);
            rustacuda::init(CudaFlags::empty()).unwrap();
            assert_eq!(Device::num_devices(), Ok(1));
            // SAFETY: this driver only returns the number.
            let code = |number| unsafe { cuMemFree_v2(number) };
            assert_eq!(code(0), CUresult::CUDA_SUCCESS);
            assert_eq!(code(801), CUresult::CUDA_ERROR_NOT_SUPPORTED);
            assert_eq!(code(222), CUresult::CUDA_ERROR_UNKNOWN); // newer than CUresult
            assert_eq!(code(46), CUresult::CUDA_ERROR_UNKNOWN);
            // It lacks this function.
            assert_eq!(Device::get_device(0), Err(CudaError::NotFound));
        });
    }

    #[test]
    fn callbacks_get_codes_that_exist() {
        case_with(1, "callbacks_get_codes_that_exist", &[], || {
            unsafe extern "C" fn callback(
                stream: cuda_driver_sys::CUstream,
                status: CUresult,
                data: *mut std::ffi::c_void,
            ) {
                // SAFETY: the pointer below.
                unsafe { &mut *data.cast::<Vec<(usize, CUresult)>>() }.push((stream.addr(), status));
            }
            let mut calls = Vec::<(usize, CUresult)>::new();
            let mut add = |status, flags| {
                // This driver's streams tell their callbacks their own number, at once.
                let (stream, data) = (std::ptr::without_provenance_mut(status), (&raw mut calls).cast());
                // SAFETY: the callback knows what the pointer is to.
                unsafe { cuda_driver_sys::cuStreamAddCallback(stream, Some(callback), data, flags) }
            };
            assert_eq!(add(0, 1), CUresult::CUDA_ERROR_INVALID_VALUE);
            for status in [0, 222, 700] {
                assert_eq!(add(status, 0), CUresult::CUDA_SUCCESS);
            }
            let unknown = (222, CUresult::CUDA_ERROR_UNKNOWN);
            assert_eq!(calls, [(0, CUresult::CUDA_SUCCESS), unknown, (700, CUresult::CUDA_ERROR_ILLEGAL_ADDRESS)]);
        });
    }

    #[test]
    fn the_simulator_can_be_asked_for() {
        case_with(1, "the_simulator_can_be_asked_for", &[("UNROLLED_CUDA", "sim")], || {
            assert_eq!(backend(), Backend::Simulator);
            let _context = context();
        });
    }

    #[test]
    fn a_driver_without_devices_is_none() {
        case_with(0, "a_driver_without_devices_is_none", &[], || {
            assert_eq!(backend(), Backend::Simulator);
            let _context = context();
        });
    }

    #[test]
    fn a_gpu_that_is_asked_for_must_be_there() {
        let test = "a_gpu_that_is_asked_for_must_be_there";
        let stderr = case_with(0, test, &[("UNROLLED_CUDA", "gpu")], || {
            assert_eq!(rustacuda::init(CudaFlags::empty()), Err(CudaError::NoDevice));
            assert_eq!(rustacuda::init(CudaFlags::empty()), Err(CudaError::NoDevice));
            // SAFETY: a pointer to an int.
            unsafe {
                assert_eq!(cuInit(0), CUresult::CUDA_ERROR_NO_DEVICE);
                assert_eq!(cuDeviceGetCount(&mut 0), CUresult::CUDA_ERROR_NO_DEVICE);
            }
        });
        let Some(stderr) = stderr else { return };
        let line = "UNROLLED_CUDA: no GPU can be used, as libcuda.so.1 reports no device; install NVIDIA's driver, or use \
                    the simulated GPU (sim)";
        assert_eq!(complaints(&stderr), [line]); // once
    }

    #[test]
    fn a_program_may_choose_instead() {
        // What the program asks for comes before the variable.
        case_with(0, "a_program_may_choose_instead", &[("UNROLLED_CUDA", "cpu")], || {
            let problem = choose(Side::Gpu).unwrap_err();
            assert!(problem.starts_with("no GPU can be used, as libcuda.so.1 reports no device;"), "{problem}");
            assert_eq!(backend(), Backend::Refused(CUresult::CUDA_ERROR_NO_DEVICE));
            assert_eq!(choose(Side::Simulator), Err(problem)); // once is for all
        });
    }

    #[test]
    fn a_driver_that_cannot_be_opened_is_named() {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("libcuda.so.1"), "no library").unwrap();
        let variables = [("UNROLLED_CUDA", "gpu"), ("LD_LIBRARY_PATH", folder.to_str().unwrap())];
        let test = "with_a_driver::a_driver_that_cannot_be_opened_is_named";
        let stderr = case(test, &variables, || {
            if backend() != Backend::Gpu {
                assert_eq!(rustacuda::init(CudaFlags::empty()), Err(CudaError::NoDevice));
            }
        });
        if let Some(stderr) = stderr
            && !complaints(&stderr).is_empty()
        {
            assert!(stderr.contains("libcuda.so.1 can't be opened ("), "{stderr}");
        }
    }
}
