//! Every kernel of the book, to be tested, measured and looked at.
//!
//! Three programs: `cuda-ladder` runs all GPU tests and prints a table of speeds; `inspect` shows what a kernel does,
//! counted or step by step; `assemble` asks NVIDIA's assembler for its opinion.

pub mod entries;
pub mod measure;
pub mod peak;
