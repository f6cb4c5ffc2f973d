//! RustaCUDA links and runs with no CUDA on the machine.

use rustacuda::CudaFlags;

#[test]
fn links() {
    let _ = rustacuda::init(CudaFlags::empty());
}
