//! What the network runs on: a device, and an algorithm for it.

use ch09_lenet::network::Algorithm;
use std::rc::Rc;
use unrolled::nn::Cpu;
use unrolled::simd::Isa;
use unrolled::{Error, Result, Tensor, Value, parallel};
#[cfg(feature = "cuda")]
use {
    cuda_ch09_lenet::Gpu,
    host::{GpuTensor, Session, Side},
};

/// A device, and an algorithm for it.
pub struct Machine<V: Value = Tensor, D = Cpu> {
    pub device: D,
    pub device_name: String,
    pub algorithm: Algorithm<V>,
    pub algorithm_name: String,
}

/// The processor that this program runs on.
pub fn cpu(algorithm_name: String) -> Result<Machine> {
    let algorithm: Algorithm = match algorithm_name.as_str() {
        "naive" => Rc::new(ch01_naive::Naive),
        "im2col" => Rc::new(ch02_im2col::Fused),
        "winograd" => Rc::new(ch03_winograd::Winograd::<2>),
        _ => return Err(Error::argument("--algorithm", algorithm_name, "naive, im2col or winograd")),
    };
    let device_name = format!("CPU, {} thread(s), {}", parallel::threads(), Isa::try_current()?.name());
    Ok(Machine { device: Cpu, device_name, algorithm, algorithm_name })
}

/// The GPU, or with `sim` the simulated one.
#[cfg(feature = "cuda")]
pub fn gpu(device: &str, algorithm_name: String) -> Result<Machine<GpuTensor, Gpu>> {
    let algorithm: Algorithm<GpuTensor> = match algorithm_name.as_str() {
        "naive" => Rc::new(cuda_ch01_naive::Naive),
        "im2col" => Rc::new(cuda_ch02_im2col::Im2col::default()),
        _ => {
            let expected = "naive or im2col (winograd takes kernels of 3x3 on a GPU, and LeNet's are 5x5)";
            return Err(Error::argument("--algorithm", algorithm_name, expected));
        }
    };
    let (side, note) = match device {
        "sim" => (Side::Simulator, format!(", {} host thread(s): correct, and slow", parallel::threads())),
        _ => (Side::Gpu, String::new()),
    };
    host::choose(side)?;
    let session = Session::new()?;
    let device_name = format!("{}{note}", session.name());
    Ok(Machine { device: Gpu(session), device_name, algorithm, algorithm_name })
}

/// Says that this program can't reach GPUs.
#[cfg(not(feature = "cuda"))]
pub fn gpu(device: &str, _algorithm: String) -> Result<Machine> {
    let how = format!("build it by: cargo run -p ch09-lenet --features cuda -- --device {device}");
    Err(Error::argument("--device", device, format!("cpu, or a program that knows GPUs; {how}")))
}
