//! Kernels' parameters, in Rust and in PTX.

use ptx::ir::{Kernel, Type};
use unrolled::{Error, Result};

/// A kernel as Rust calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub kernel: &'static str,
    /// The names of its parameters, and the types that they must have in PTX, in order.
    pub params: &'static [(&'static str, Type)],
}

/// Holds signatures against a text of PTX: each kernel must have the parameters of its signature, by name, order and type.
///
/// # Errors
/// If one hasn't, and if the text isn't PTX.
pub(crate) fn compare(ptx: &str, signatures: &[Signature]) -> Result<()> {
    let module = ptx::parse(ptx).map_err(|e| Error::failed("reading PTX", e))?;
    for signature in signatures {
        let Signature { kernel: name, params } = *signature;
        let Some(kernel) = module.kernel(name) else {
            return Err(Error::failed(format!("kernel {name}"), "PTX has no .entry of this name"));
        };
        let rust = params.iter().map(|&(name, ty)| (name, Some(ty)));
        if !rust.eq(kernel.params.iter().map(|param| (param.name.as_str(), param.ty))) {
            let problem = format!("Rust passes ({}), PTX takes ({})", in_rust(signature), in_ptx(kernel));
            return Err(Error::failed(format!("kernel {name}"), problem));
        }
    }
    Ok(())
}

/// [`compare`], and each kernel must have a signature.
pub(crate) fn compare_all(ptx: &str, signatures: &[Signature]) -> Result<()> {
    compare(ptx, signatures)?;
    let module = ptx::parse(ptx).map_err(|e| Error::failed("reading PTX", e))?;
    match module.kernels.iter().find(|kernel| signatures.iter().all(|signature| signature.kernel != kernel.name)) {
        Some(kernel) => Err(Error::failed(format!("kernel {}", kernel.name), "Rust has no function of this name")),
        None => Ok(()),
    }
}

fn in_rust(signature: &Signature) -> String {
    let params = signature.params.iter().map(|(name, ty)| format!(".{} {name}", ty.name()));
    params.collect::<Vec<_>>().join(", ")
}

fn in_ptx(kernel: &Kernel) -> String {
    let params = kernel.params.iter().map(|param| match param.ty {
        Some(ty) => format!(".{} {}", ty.name(), param.name),
        None => format!(".b8 {}[{}]", param.name, param.bytes),
    });
    params.collect::<Vec<_>>().join(", ")
}
