//! Modules: PTX, parsed, with its variables in memory.

use super::context::finish;
use super::{Handle, Result, device, lock, state};
use crate::CUfunction_attribute::{self, *};
use crate::CUresult::*;
use ptx::ir::{Kernel, Space};
use std::collections::BTreeMap;
use std::ffi::{CStr, c_int};
use std::fs;
use std::sync::Arc;

/// A loaded module.
pub struct Module {
    pub context: Handle,
    functions: BTreeMap<String, Handle>,
    /// Address and size of each variable.
    variables: BTreeMap<String, (u64, usize)>,
}

/// A kernel of a loaded module.
pub struct Function {
    pub context: Handle,
    pub kernel: Arc<Kernel>,
    /// The address of each of the module's variables.
    pub symbols: Arc<[u64]>,
    /// Bytes of the module's constants.
    constants: usize,
}

/// Loads PTX. If it isn't right, the parser's reason goes to stderr.
pub fn load(source: &[u8]) -> Result<Handle> {
    load_from("PTX", source)
}

/// Loads a file of PTX.
pub fn load_file(path: &CStr) -> Result<Handle> {
    state()?.current()?;
    let path = path.to_str().map_err(|_| CUDA_ERROR_FILE_NOT_FOUND)?;
    let source = fs::read(path).map_err(|_| CUDA_ERROR_FILE_NOT_FOUND)?;
    load_from(path, &source)
}

fn load_from(place: &str, source: &[u8]) -> Result<Handle> {
    let context = state()?.current()?;
    let refused = |problem: &dyn std::fmt::Display| {
        eprintln!("{place}: {problem}");
        CUDA_ERROR_INVALID_PTX
    };
    let source = str::from_utf8(source).map_err(|problem| refused(&problem))?;
    let ptx = ptx::parse(source).map_err(|problem| refused(&problem))?;

    let mut state = lock();
    let mut symbols = Vec::new();
    for variable in &ptx.variables {
        match state.add_variable(&variable.bytes, context) {
            Ok(address) => symbols.push(address),
            Err(code) => {
                for address in symbols {
                    state.free_region(address);
                }
                return Err(code);
            }
        }
    }
    let symbols: Arc<[u64]> = symbols.into();
    let constants = ptx.variables.iter().filter(|variable| variable.space == Space::Const);
    let constants = constants.map(|variable| variable.bytes.len()).sum();

    let handle = state.number();
    let mut functions = BTreeMap::new();
    for kernel in &ptx.kernels {
        let function = state.number();
        functions.insert(kernel.name.clone(), function);
        let (kernel, symbols) = (kernel.clone(), symbols.clone());
        state.functions.insert(function, Function { context, kernel, symbols, constants });
    }
    let places = symbols.iter().zip(&ptx.variables);
    let variables = places.map(|(address, v)| (v.name.clone(), (*address, v.bytes.len()))).collect();
    state.modules.insert(handle, Module { context, functions, variables });
    Ok(handle)
}

/// Forgets a module, once its context's work is done.
pub fn unload(handle: Handle) -> Result {
    let mut state = state()?;
    state.current()?;
    let context = state.modules.get(&handle).ok_or(CUDA_ERROR_INVALID_HANDLE)?.context;
    state = finish(state, context);
    state.healthy(context)?;
    let module = state.modules.remove(&handle).ok_or(CUDA_ERROR_INVALID_HANDLE)?;
    for function in module.functions.values() {
        state.functions.remove(function);
    }
    for (address, _) in module.variables.values() {
        state.free_region(*address);
    }
    Ok(())
}

/// The kernel of this name.
pub fn function(module: Handle, name: &CStr) -> Result<Handle> {
    find(module, name, |module| &module.functions)
}

/// Address and size of the variable of this name.
pub fn variable(module: Handle, name: &CStr) -> Result<(u64, usize)> {
    find(module, name, |module| &module.variables)
}

fn find<T: Copy>(module: Handle, name: &CStr, table: impl Fn(&Module) -> &BTreeMap<String, T>) -> Result<T> {
    let state = state()?;
    state.current()?;
    let module = state.modules.get(&module).ok_or(CUDA_ERROR_INVALID_HANDLE)?;
    state.healthy(module.context)?;
    let name = name.to_str().map_err(|_| CUDA_ERROR_NOT_FOUND)?;
    table(module).get(name).copied().ok_or(CUDA_ERROR_NOT_FOUND)
}

/// What is known of a kernel.
pub fn attribute(attribute: CUfunction_attribute, function: Handle) -> Result<c_int> {
    let state = state()?;
    state.current()?;
    let function = state.functions.get(&function).ok_or(CUDA_ERROR_INVALID_HANDLE)?;
    let kernel = &function.kernel;
    Ok(match attribute {
        CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK => device::MAX_THREADS as c_int,
        CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES => kernel.shared_bytes as c_int,
        CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES => function.constants as c_int,
        CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES => kernel.local_bytes as c_int,
        // Of 32 bits, as the hardware has them; a compiler would share them among the PTX's.
        CU_FUNC_ATTRIBUTE_NUM_REGS => (kernel.registers.r32.len() + 2 * kernel.registers.r64.len()) as c_int,
        CU_FUNC_ATTRIBUTE_PTX_VERSION => 60,
        CU_FUNC_ATTRIBUTE_BINARY_VERSION => 50,
        CU_FUNC_ATTRIBUTE_CACHE_MODE_CA => 0,
        CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES => {
            device::MAX_SHARED.saturating_sub(kernel.shared_bytes) as c_int
        }
        CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT => -1,
        CU_FUNC_ATTRIBUTE_MAX => return Err(CUDA_ERROR_INVALID_VALUE),
    })
}

/// Takes a wish for a kernel (about caches, or the banks of shared memory), on which nothing depends.
pub fn configure(function: Handle) -> Result {
    let state = state()?;
    state.current()?;
    state.functions.get(&function).map(|_| ()).ok_or(CUDA_ERROR_INVALID_HANDLE)
}
