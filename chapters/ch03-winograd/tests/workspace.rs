//! However large the layer is, an algorithm keeps to the workspace. One test, as the limit is the whole process's.

use ch02_im2col::Fused;
use ch03_winograd::Winograd;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor, buffer, parallel, workspace};

/// Small integers, so that sums are exact however they are cut.
fn numbers(shape: &[usize], seed: usize) -> Result<Tensor> {
    Tensor::from_fn(shape, |i| f32::of(((i * 7 + i / 11 + seed) % 5) as f64 - 2.0))
}

/// The three passes within `limit`, and what they took beside their results.
fn passes<const D: usize>(
    algorithm: &impl Convolution<Tensor, D>,
    spec: &ConvSpec<D>,
    [input, weight]: [&[usize]; 2],
    limit: usize,
) -> Result<([Tensor; 3], [usize; 3])> {
    workspace::set_limit(limit)?;
    let (x, w) = (numbers(input, 1)?, numbers(weight, 2)?);
    let dy = numbers(&spec.resolve(input, weight)?.output_shape(), 3)?;
    let (y, forward) = buffer::peak(|| algorithm.forward(spec, &x, &w));
    let (dx, grad_input) = buffer::peak(|| algorithm.grad_input(spec, input, &w, &dy));
    let (dw, grad_weight) = buffer::peak(|| algorithm.grad_weight(spec, &x, weight, &dy));
    let results = [y?, dx?, dw?];
    let beside = |i: usize, peak: usize| peak.saturating_sub(results[i].len() * size_of::<f32>());
    let taken = [beside(0, forward), beside(1, grad_input), beside(2, grad_weight)];
    Ok((results, taken))
}

/// The same numbers with little workspace as with plenty, of which they would take more.
fn keeps_to_it<const D: usize>(
    algorithm: &impl Convolution<Tensor, D>,
    spec: &ConvSpec<D>,
    shapes: [&[usize]; 2],
    little: usize,
    greedy: [bool; 3],
) -> Result<()> {
    let (free, taken) = passes(algorithm, spec, shapes, 1 << 30)?;
    assert_eq!(taken.map(|bytes| bytes > little), greedy, "{shapes:?}: {taken:?} bytes if there is plenty");
    let (bound, taken) = passes(algorithm, spec, shapes, little)?;
    assert!(taken.iter().all(|&bytes| bytes <= little), "{shapes:?}: {taken:?} of {little} bytes");
    for (free, bound) in free.iter().zip(&bound) {
        assert_eq!(free.shape(), bound.shape());
        // Winograd's sums aren't exact; cut in other places, the last bits may differ.
        let worst = free.data().iter().zip(bound.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let largest = free.data().iter().fold(1.0, |most: f32, x| most.max(x.abs()));
        assert!(worst <= 1e-5 * largest, "{shapes:?}: {worst} apart, of {largest}");
    }
    Ok(())
}

#[test]
fn the_workspace_is_kept_to() -> Result<()> {
    parallel::set_threads(2)?;
    assert!(workspace::set_limit(1000).is_err());

    let same = ConvSpec::<2>::new([1; 2], [1; 2], [1; 2], 1)?;
    let strided = ConvSpec::<2>::new([2; 2], [1; 2], [1; 2], 1)?;
    // Many channels: the packed weight alone would be too much.
    keeps_to_it(&Fused, &same, [&[1, 256, 10, 10], &[256, 256, 3, 3]], 2 << 20, [true; 3])?;
    keeps_to_it(&Fused, &strided, [&[1, 256, 10, 10], &[256, 256, 3, 3]], 2 << 20, [true; 3])?;
    // Large planes.
    keeps_to_it(&Fused, &same, [&[1, 16, 96, 200], &[128, 16, 3, 3]], 2 << 20, [false; 3])?;
    let volume = ConvSpec::<3>::new([1; 3], [1; 3], [1; 3], 1)?;
    keeps_to_it(&Fused, &volume, [&[1, 32, 3, 64, 64], &[24, 32, 3, 3, 3]], 2 << 20, [true, true, false])?;

    // What a thread copies for a line of tiles isn't much, but isn't counted.
    keeps_to_it(&Winograd::<4>, &same, [&[1, 160, 40, 40], &[160, 160, 3, 3]], 4 << 20, [true; 3])?;
    keeps_to_it(&Winograd::<2>, &same, [&[2, 256, 24, 100], &[240, 256, 3, 3]], 4 << 20, [true; 3])?;
    workspace::set_limit(64 << 20)
}
