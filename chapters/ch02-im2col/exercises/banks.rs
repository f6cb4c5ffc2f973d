//! Exercise 2.5: `cargo test -p ch02-im2col --test exercises banks`

/// The passes that shared memory takes for a warp that reads a column: thread t of 32 reads word t · `pitch`.
///
/// Word w lies in bank w mod 32. A bank serves one word in a pass, to all threads that want it. There is a formula.
pub fn banks(pitch: usize) -> usize {
    todo!()
}
