//! Exercise 0.1: `cargo test -p unrolled --test exercises index_of`

/// The index of the element that stands at `place` in the memory of a dense, row-major tensor of this shape.
///
/// The last axis changes fastest. So the remainder by its size is the last index, and what is left belongs to the axes
/// before it.
pub fn index_of(place: usize, shape: &[usize]) -> Vec<usize> {
    todo!()
}
