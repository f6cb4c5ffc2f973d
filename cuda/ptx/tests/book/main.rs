//! What the appendices of the book say of PTX and of the simulated GPU, held against both.

#[path = "../../examples/divergence/tool.rs"]
mod divergence;
#[path = "../../examples/opcodes/tool.rs"]
mod opcodes;
#[path = "../../examples/refusals/tool.rs"]
mod refusals;
#[path = "../../examples/run/tool.rs"]
mod run;
#[path = "../../examples/strides/tool.rs"]
mod strides;

mod outputs;
mod page;
mod predictions;

use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("cuda/ptx is below it").into()
}

fn read(file: impl AsRef<Path>) -> String {
    let file = file.as_ref();
    std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}
