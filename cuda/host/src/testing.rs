//! Holding kernels against the algorithms of the CPU.

use crate::session::Session;
use crate::signature::{Signature, compare_all};
use crate::tensor::GpuTensor;
use ptx::{Options, Profile};
use unrolled::{ConvSpec, Convolution, Result, Tensor};

thread_local! {
    // Made in the initialiser: what the driver keeps for each thread comes first then, and is still there when a thread
    // ends and this is dropped.
    static SESSION: Session = Session::new().unwrap_or_else(|e| panic!("{e}"));
}

/// A session on the first device that the tests of this thread share. A test that makes a kernel fail needs one of its own.
///
/// # Panics
/// If there can't be one.
pub fn session() -> Session {
    SESSION.with(Session::clone)
}

/// Checks that each kernel of a text of PTX has a signature, and each signature a kernel with its parameters: by name,
/// order and type.
///
/// # Panics
/// If not; the message names the kernel.
#[track_caller]
pub fn assert_matches_ptx(ptx: &str, signatures: &[Signature]) {
    if let Err(e) = compare_all(ptx, signatures) {
        panic!("{e}");
    }
}

/// An algorithm for tensors on the device, as one for tensors of the host: it copies them there and back. For the
/// harness of the core.
#[derive(Debug, Clone, Copy)]
pub struct OnGpu<A>(pub A);

impl<A: Convolution<GpuTensor, D>, const D: usize> Convolution<Tensor, D> for OnGpu<A> {
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor, weight: &Tensor) -> Result<Tensor> {
        let session = session();
        self.0.forward(spec, &session.upload(input)?, &session.upload(weight)?)?.download()
    }

    fn grad_input(&self, spec: &ConvSpec<D>, input_shape: &[usize], weight: &Tensor, grad: &Tensor) -> Result<Tensor> {
        let session = session();
        self.0.grad_input(spec, input_shape, &session.upload(weight)?, &session.upload(grad)?)?.download()
    }

    fn grad_weight(&self, spec: &ConvSpec<D>, input: &Tensor, weight_shape: &[usize], grad: &Tensor) -> Result<Tensor> {
        let session = session();
        self.0.grad_weight(spec, &session.upload(input)?, weight_shape, &session.upload(grad)?)?.download()
    }
}

/// Runs `f`, waits for the kernels that it has launched in [`session`], and gives their profiles in order. A real GPU
/// makes none: skip what is tested with them where [`Session::is_simulated`] says no.
///
/// # Errors
/// Those of `f`, and if a kernel fails.
pub fn profiles<R>(f: impl FnOnce() -> Result<R>) -> Result<(R, Vec<Profile>)> {
    let session = session();
    session.synchronize()?; // what was launched before isn't part of it
    let options = Options { profile: true, ..Options::from_env() };
    let (result, observation) = ptx::observe(options, || {
        let result = f()?;
        session.synchronize()?;
        Ok(result)
    });
    Ok((result?, observation.profiles))
}
