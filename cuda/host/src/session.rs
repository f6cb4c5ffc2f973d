//! One device, ready for work.

use crate::buffer::{Number, Pool};
use crate::handle::Handle;
use crate::signature::{self, Signature};
use crate::tensor::{GpuTensor, GpuVec};
use cuda_driver_sys::{Backend, Side, backend};
use rustacuda::CudaFlags;
use rustacuda::context::{Context, ContextFlags, ContextStack, CurrentContext};
use rustacuda::device::Device;
use rustacuda::error::{CudaError, CudaResult};
use rustacuda::module::Module;
use rustacuda::stream::{Stream, StreamFlags};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::CString;
use std::fmt::{self, Display};
use std::rc::Rc;
use unrolled::{Error, Result, Tensor};

/// One device, ready for work: a context on it, a stream that all work goes through in order, the modules loaded so far,
/// and memory to use again.
///
/// Clones are the same session. It belongs to the thread that made it. Tensors keep their session, and with it the
/// device's context, alive; they can't be used with another session, even one on the same device. Each call makes the
/// session's context the thread's current one, so several sessions may take turns.
///
/// Work is done asynchronously: a launch returns before the kernel has run. What goes wrong in a kernel is the error of a
/// later call that waits for it, [`Session::synchronize`] or [`GpuTensor::download`], or of any call after that: CUDA
/// does no more work in a context in which a kernel has failed. Make a new session then.
#[derive(Clone)]
pub struct Session(Rc<Inner>);

/// Fields are dropped in this order.
struct Inner {
    device: usize,
    name: String,
    simulated: bool,
    pooled: bool,
    /// Why a kernel failed.
    fault: OnceCell<String>,
    /// By the addresses of their text and of the signatures that it was held against.
    modules: RefCell<HashMap<Text, Rc<Handle<Module>>>>,
    floats: Pool<f32>,
    words: Pool<u32>,
    stream: Handle<Stream>,
    /// The last one: everything else lives in it.
    context: Handle<Context>,
}

type Text = (*const str, *const [Signature]);

impl Session {
    /// A session on the first device: a GPU, or the simulated one.
    ///
    /// # Errors
    /// As [`Session::on`].
    pub fn new() -> Result<Self> {
        Self::on(0)
    }

    /// A session on one of the [`Session::devices`], counted from 0.
    ///
    /// # Errors
    /// If there is no such device, or it can't be used.
    pub fn on(device: usize) -> Result<Self> {
        // The simulated GPU gets every tensor's memory anew, so that its sanitizer sees what reads a tensor before it
        // is written, or after it is dropped.
        Self::open(device, !is_simulated())
    }

    /// How many devices there are.
    ///
    /// # Errors
    /// If the driver can't be used.
    pub fn devices() -> Result<usize> {
        let devices = rustacuda::init(CudaFlags::empty()).and_then(|()| Device::num_devices());
        devices.map(|n| n as usize).map_err(|e| Error::failed("starting CUDA", describe(e)))
    }

    /// [`Session::on`]; `pooled`: whether memory is kept to be used again.
    fn open(device: usize, pooled: bool) -> Result<Self> {
        let devices = Self::devices()?;
        if device >= devices {
            return Err(Error::argument("device", device, format!("one of the {devices}, counted from 0")));
        }
        let opened = || -> CudaResult<Self> {
            let handle = Device::get_device(device as u32)?;
            let name = handle.name()?;
            let context = Handle::new(Context::create_and_push(ContextFlags::SCHED_AUTO, handle)?, Context::drop);
            let stream = Handle::new(Stream::new(StreamFlags::NON_BLOCKING, None)?, Stream::drop);
            // From here on each operation makes its own context current; this one needn't stay on the thread's stack.
            ContextStack::pop()?;
            Ok(Self(Rc::new(Inner {
                device,
                name,
                simulated: is_simulated(),
                pooled,
                fault: OnceCell::new(),
                modules: RefCell::default(),
                floats: Pool::default(),
                words: Pool::default(),
                stream,
                context,
            })))
        };
        opened().map_err(|e| Error::failed(format!("opening device {device}"), describe(e)))
    }

    /// The device's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The device's number.
    pub fn device(&self) -> usize {
        self.0.device
    }

    /// Whether there is no GPU, and the host's processor does the work.
    pub fn is_simulated(&self) -> bool {
        self.0.simulated
    }

    /// Waits until all work is done.
    ///
    /// # Errors
    /// If a kernel has failed.
    pub fn synchronize(&self) -> Result<()> {
        let stream = self.stream()?;
        self.done("waiting", stream.synchronize())
    }

    /// A copy of a tensor on the device.
    ///
    /// # Errors
    /// If the device has no memory for it, it has more than 2³¹ − 1 elements, or a kernel before this has failed.
    pub fn upload(&self, tensor: &Tensor) -> Result<GpuTensor> {
        GpuTensor::upload(self, tensor)
    }

    /// A copy of a list of whole numbers on the device: class labels, tables of indices.
    ///
    /// # Errors
    /// As [`Session::upload`].
    pub fn upload_u32(&self, values: &[u32]) -> Result<GpuVec> {
        GpuVec::upload(self, values)
    }

    /// A tensor with whatever values its memory last held: for outputs that are written whole.
    ///
    /// # Errors
    /// As [`Session::upload`].
    pub fn scratch(&self, shape: &[usize]) -> Result<GpuTensor> {
        GpuTensor::scratch(self, shape)
    }

    /// A tensor whose elements are all `value`.
    ///
    /// # Errors
    /// As [`Session::upload`].
    pub fn full(&self, shape: &[usize], value: f32) -> Result<GpuTensor> {
        GpuTensor::full(self, shape, value)
    }

    /// Whether two handles are of one session.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn is_pooled(&self) -> bool {
        self.0.pooled
    }

    /// Gives the memory that waits to be used again back to the device.
    pub(crate) fn empty_pools(&self) {
        self.0.floats.take();
        self.0.words.take();
    }

    /// Makes this session's context the one that the thread's calls go to. Setting it costs the driver as little as
    /// asking which one it is.
    pub(crate) fn make_current(&self) -> Result<()> {
        self.done("switching to the device", CurrentContext::set_current(&*self.0.context))
    }

    /// The stream, after [`Session::make_current`].
    pub(crate) fn stream(&self) -> Result<&Stream> {
        self.make_current()?;
        Ok(&self.0.stream)
    }

    /// Waits until what was copied to the device has arrived.
    pub(crate) fn wait_for_copies(&self) -> Result<()> {
        self.done("waiting", CurrentContext::synchronize())
    }

    /// The module of a text of PTX, loaded at its first use, and then held against the Rust signatures of its kernels.
    pub(crate) fn module(&self, ptx: &'static str, signatures: &'static [Signature]) -> Result<Rc<Handle<Module>>> {
        let key: Text = (ptx, signatures);
        if let Some(module) = self.0.modules.borrow().get(&key) {
            return Ok(Rc::clone(module));
        }
        signature::compare(ptx, signatures)?;
        self.make_current()?;
        let text = CString::new(ptx).map_err(|e| Error::failed("loading kernels", e))?;
        let module = self.done("loading kernels", Module::load_from_string(&text))?;
        let module = Rc::new(Handle::new(module, Module::drop));
        self.0.modules.borrow_mut().insert(key, Rc::clone(&module));
        Ok(module)
    }

    /// The result of a call of the driver, with an error for people.
    pub(crate) fn done<T>(&self, doing: impl Display, result: CudaResult<T>) -> Result<T> {
        result.map_err(|e| match is_fault(e) {
            true => Error::failed(format!("running kernels on {}", self.0.name), self.0.fault(e)),
            false => Error::failed(format!("{doing} on {}", self.0.name), describe(e)),
        })
    }
}

impl Number for f32 {
    fn pool(session: &Session) -> &Pool<f32> {
        &session.0.floats
    }
}

impl Number for u32 {
    fn pool(session: &Session) -> &Pool<u32> {
        &session.0.words
    }
}

impl Inner {
    /// Why a kernel failed, as it was known when the driver first reported it. The simulated GPU knows the line of PTX,
    /// the block and the thread.
    fn fault(&self, error: CudaError) -> &str {
        self.fault.get_or_init(|| {
            let details = if self.simulated { ptx::last_fault() } else { None };
            details.unwrap_or_else(|| describe(error)).lines().map(str::trim).collect::<Vec<_>>().join("; ")
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The fields are dropped next. If this fails, each of them fails as well, and is forgotten.
        let _ = CurrentContext::set_current(&*self.context);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("device", &self.0.device).field("name", &self.0.name).finish_non_exhaustive()
    }
}

/// Insists on the GPU or on the simulated one, as the environment's `UNROLLED_CUDA` does; before the first session.
///
/// # Errors
/// If there is no GPU, or a session on the other one was opened before.
pub fn choose(side: Side) -> Result<()> {
    cuda_driver_sys::choose(side).map_err(|problem| Error::failed("choosing a GPU", problem))
}

fn is_simulated() -> bool {
    backend() == Backend::Simulator
}

/// Whether it says that a kernel went wrong, this one or one before.
fn is_fault(error: CudaError) -> bool {
    matches!(
        error,
        CudaError::IllegalAddress
            | CudaError::MisalignedAddress
            | CudaError::InvalidAddressSpace
            | CudaError::InvalidProgramCounter
            | CudaError::IllegalInstruction
            | CudaError::HardwareStackError
            | CudaError::AssertError
            | CudaError::LaunchFailed
            | CudaError::LaunchTimeout
    )
}

/// CUDA's name of an error, and what CUDA says of it.
fn describe(error: CudaError) -> String {
    let text = error.to_string(); // quoted and escaped, as RustaCUDA prints it
    format!("{error:?}, {}", text.trim_matches('"').replace('\\', ""))
}

#[cfg(test)]
mod tests;
