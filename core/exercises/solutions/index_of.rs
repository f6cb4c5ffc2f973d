//! Exercise 0.1, solved.

// ANCHOR: index_of
/// The index of the element that stands at `place` in the memory of a dense, row-major tensor of this shape.
pub fn index_of(place: usize, shape: &[usize]) -> Vec<usize> {
    let mut left = place;
    let mut index = vec![0; shape.len()];
    for (i, &size) in index.iter_mut().zip(shape).rev() {
        *i = left % size;
        left /= size;
    }
    index
}
// ANCHOR_END: index_of
