//! What tensors and the tape cost, counted and measured.

use std::time::Duration;
use unrolled::text::thousands;
use unrolled::{Result, Tensor, Var, buffer, nn, no_grad, parallel, say, timing};

/// `depth` ReLUs, one behind the other.
fn deep(x: &Var<Tensor>, depth: usize) -> Result<Var<Tensor>> {
    (0..depth).try_fold(x.clone(), |x, _| nn::relu(&x))
}

/// Prints what is kept for a backward pass.
pub fn count() -> Result<()> {
    let places = 64 * 56 * 56_u64;
    say!("A layer from [64, 56, 56] to [64, 56, 56], as a matrix of slopes:");
    say!("{} x {} = {} numbers\n", thousands(places), thousands(places), thousands(places * places));

    let x = Var::parameter(Tensor::full(&[256, 1024], 1.0)?); // 1 MiB
    say!("The most memory that ten ReLUs of 1 MiB have at the same time, beside their input:");
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let (y, bytes) = buffer::peak(|| no_grad(|| deep(&x, 10)));
    drop(y?);
    say!("without a backward pass    {:4.0} MiB", mib(bytes));
    let (done, bytes) = buffer::peak(|| deep(&x, 10)?.backward_from(Tensor::full(&[256, 1024], 1.0)?));
    done?;
    say!("with one                   {:4.0} MiB\n", mib(bytes));
    Ok(())
}

/// The sum of a matrix `[size, size]`, read along its rows or along its columns.
fn sum(t: &Tensor, size: usize, along_rows: bool) -> f32 {
    let data = t.data();
    let line = |i: usize| -> f32 {
        let (first, step) = if along_rows { (i * size, 1) } else { (i, size) };
        data[first..].iter().step_by(step).take(size).sum()
    };
    (0..size).map(line).sum()
}

/// Prints how long things take on one thread.
pub fn measure() -> Result<()> {
    parallel::set_threads(1)?;
    let time = |name: &str, scale: f64, unit: &str, call: &mut dyn FnMut() -> Result<f32>| -> Result<()> {
        let seconds = timing::median(Duration::from_secs(1), call)?.as_secs_f64();
        say!("{name:46} {:8.2} {unit}", seconds * scale);
        Ok(())
    };
    let size = 4096;
    let matrix = Tensor::full(&[size, size], 0.5)?;
    time("sum of a matrix 4096 x 4096, along its rows", 1e3, "ms", &mut || Ok(sum(&matrix, size, true)))?;
    time("... along its columns", 1e3, "ms", &mut || Ok(sum(&matrix, size, false)))?;

    let [a, b] = [1, 2].map(|seed| Tensor::<f32>::from_fn(&[512, 512], |i| ((i * seed) % 17) as f32));
    let (a, b) = (Var::parameter(a?), Var::parameter(b?));
    time("product of matrices 512 x 512", 1e3, "ms", &mut || {
        no_grad(|| nn::matmul(&a, &b)).map(|y| y.value().data()[0])
    })?;
    let ones = Tensor::full(&[512, 512], 1.0)?;
    time("... and both its gradients", 1e3, "ms", &mut || {
        nn::matmul(&a, &b)?.backward_from(ones.clone())?;
        let dx = a.grad().expect("a gradient").data()[0];
        [&a, &b].into_iter().for_each(Var::clear_grad);
        Ok(dx)
    })?;

    let steps = 100_000;
    let per_step = 1e9 / steps as f64;
    time("a multiplication, by itself", per_step, "ns", &mut || {
        Ok((0..steps).fold(1.0, |y, _| std::hint::black_box(y * 0.999_f32)))
    })?;
    let (one, factor) = (Var::parameter(1.0_f32), Var::constant(0.999_f32));
    time("... on the tape, forward and backward", per_step, "ns", &mut || {
        let y = (0..steps).fold(one.clone(), |y, _| &y * &factor);
        y.backward()?;
        one.clear_grad();
        Ok(y.value())
    })
}
