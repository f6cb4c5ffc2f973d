//! Exercise 7.4: `cargo test -p ch07-grouped --test exercises pitch`

/// A tile of rows of `columns` numbers lies in shared memory, and its rows begin `pitch` numbers apart. A warp of 32 threads
/// reads from it: the threads are in lines of `across`, which divides 32, and a thread reads from its own row and column.
///
/// The smallest pitch of at least `columns` with which they hit 32 different banks. There are 32 banks, and number i is in bank
/// i mod 32.
pub fn pitch(columns: usize, across: usize) -> usize {
    todo!()
}
