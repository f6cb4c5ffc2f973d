//! Exercise 6.1: `cargo test -p ch06-conv3d --test exercises seen_by`

/// Which output planes see input plane `i`, and through which slice of the kernel: pairs (z, q), in the order of q.
///
/// `outputs` and `taps` are how many planes the output and the kernel have. It is the relation iz = σz + δq − π of the
/// depth, solved for z: the column of the matrix of planes, where a row was `Sliced`'s.
pub fn seen_by(
    i: usize,
    outputs: usize,
    taps: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
) -> Vec<(usize, usize)> {
    todo!()
}
