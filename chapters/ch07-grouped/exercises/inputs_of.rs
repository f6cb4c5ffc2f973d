//! Exercise 7.1: `cargo test -p ch07-grouped --test exercises inputs_of`

use std::ops::Range;

/// Which of `inputs` channels output channel `k` of `outputs` sees, if there are so many groups. The groups divide both.
pub fn inputs_of(k: usize, inputs: usize, outputs: usize, groups: usize) -> Range<usize> {
    todo!()
}
