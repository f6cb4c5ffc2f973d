//! Gradients: the adjoint identity of each variant, and small ones by hand.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch03_winograd::Winograd;
use ch04_dilated::Dilated;
use ch05_transposed::Transposed;
use ch06_conv3d::{Sliced, conv2plus1d};
use ch07_grouped::{Depthwise, Grouped};
use ch08_shuffle::channel_shuffle;
use ch10_separable::{depthwise_separable, flattened, spatially_separable};
use unrolled::nn::{self, Pool, avg_pool, max_pool};
use unrolled::{ConvSpec, Convolution, Error, Result, Tensor, Var, conv, say};

type Tape = Var<Tensor<f64>>;

/// Whole numbers from −2 to 2, others for each seed: all sums are exact.
fn integers(shape: &[usize], seed: usize) -> Result<Tensor<f64>> {
    Tensor::from_fn(shape, |i| ((i + 1) * (2 * seed + 7) * (i + seed + 3) % 11 % 5) as f64 - 2.0)
}

/// ⟨dy, y⟩ and ⟨dv, v⟩ for each tensor v that y is linear in. They must be one number.
fn identity(name: &str, shapes: &[&[usize]], f: impl FnOnce(&[Tape]) -> Result<Tape>) -> Result<()> {
    let vars: Vec<Tape> =
        shapes.iter().enumerate().map(|(i, s)| integers(s, i).map(Var::parameter)).collect::<Result<_>>()?;
    let y = f(&vars)?;
    let dy = integers(y.value().shape(), 9)?;
    let mut products = vec![dy.dot(&y.value())?];
    y.backward_from(dy)?;
    for v in &vars {
        products.push(v.grad().ok_or_else(|| Error::failed(name, "no gradient"))?.dot(&v.value())?);
    }
    if products.iter().any(|p| *p != products[0]) {
        return Err(Error::failed(name, format!("different inner products, {products:?}")));
    }
    let products: Vec<_> = products.iter().map(|p| format!("{p:>8}")).collect();
    say!("{name:26}{}", products.join(""));
    Ok(())
}

fn one<const D: usize, A>(name: &str, algorithm: A, spec: ConvSpec<D>, shapes: [&[usize]; 2]) -> Result<()>
where
    A: Convolution<Tensor<f64>, D> + Clone + 'static,
{
    identity(name, &shapes, |v| conv(&algorithm, &spec, &v[0], &v[1], None))
}

pub fn variants() -> Result<()> {
    say!("                          ⟨dy, y⟩ ⟨dx, x⟩ ⟨dw, w⟩, for each weight");
    let (image, weight): ([usize; 4], [usize; 4]) = ([2, 4, 9, 8], [6, 4, 3, 3]);
    let dense: [&[usize]; 2] = [&image, &weight];
    let same = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let strided = ConvSpec::new([2, 3], [1, 0], [2, 1], 1)?;
    one("definition, with a stride", Naive, strided, dense)?;
    one("im2col, with a stride", Im2col, strided, dense)?;
    one("fused, with a stride", Fused, strided, dense)?;
    one("definition", Naive, same, dense)?;
    one("Winograd F(2x2, 3x3)", Winograd::<2>, same, dense)?;
    one("dilated, on sub-grids", Dilated(Fused), ConvSpec::new([1; 2], [2; 2], [2; 2], 1)?, dense)?;
    let stride = ConvSpec::new([2, 2], [1, 1], [1, 1], 1)?;
    one("transposed", Transposed::new(Fused), stride, [&image, &[4, 6, 3, 3]])?;
    one("in 2 groups", Grouped(Fused), ConvSpec { groups: 2, ..same }, [&image, &[6, 2, 3, 3]])?;
    one("depthwise", Depthwise, ConvSpec { groups: 4, ..same }, [&image, &[4, 1, 3, 3]])?;
    let film: [usize; 5] = [2, 3, 5, 6, 4];
    let volume = ConvSpec { padding: [1, 1, 1], ..ConvSpec::default() };
    one("3D, sliced", Sliced(Fused), volume, [&film, &[4, 3, 3, 3, 3]])?;
    identity("(2+1)D, nothing between", &[&film, &[5, 3, 1, 3, 3], &[4, 5, 3, 1, 1]], |v| {
        conv2plus1d(&Fused, &volume, &v[0], [&v[1], &v[2]], None, |x| Ok(x.clone()))
    })?;
    identity("depthwise separable", &[&image, &[4, 1, 3, 3], &[6, 4, 1, 1]], |v| {
        depthwise_separable(&Fused, &same, &v[0], [&v[1], &v[2]], None)
    })?;
    identity("spatially separable", &[&image, &[5, 4, 3, 1], &[6, 5, 1, 3]], |v| {
        spatially_separable(&Fused, &same, &v[0], [&v[1], &v[2]], None)
    })?;
    identity("flattened", &[&image, &[6, 4, 1, 1], &[6, 1, 3, 1], &[6, 1, 1, 3]], |v| {
        flattened(&Fused, &same, &v[0], [&v[1], &v[2], &v[3]], None)
    })?;
    identity("shuffle", &[&image], |v| channel_shuffle(&v[0], 2))?;
    identity("average pooling", &[&image], |v| avg_pool(&Pool::new([2, 2]), &v[0]))
}

/// A step on a list of numbers: what it gives, and what it sends back.
fn by_hand(name: &str, x: Tensor<f64>, dy: &[f64], f: impl FnOnce(&Tape) -> Result<Tape>) -> Result<()> {
    let x = Var::parameter(x);
    let y = f(&x)?;
    y.backward_from(Tensor::new(y.value().shape(), dy.to_vec())?)?;
    let dx = x.grad().ok_or_else(|| Error::failed(name, "no gradient"))?;
    let list = |numbers: &[f64]| numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    let (x, y, dy, dx) = (list(x.value().data()), list(y.value().data()), list(dy), list(dx.data()));
    say!("{name:20} {x:12} {y:12} {dy:18} {dx}");
    Ok(())
}

pub fn others() -> Result<()> {
    let row = |numbers: &[f64]| Tensor::new(&[1, 1, numbers.len()], numbers.to_vec());
    say!("                     x            y            dy                 dx");
    by_hand("maximum of 2", row(&[1.0, 3.0, 2.0, 2.0])?, &[10.0, 20.0], |x| max_pool(&Pool::new([2]), x))?;
    by_hand("mean of 2", row(&[1.0, 3.0, 2.0, 2.0])?, &[10.0, 20.0], |x| avg_pool(&Pool::new([2]), x))?;
    by_hand("ReLU", row(&[-1.0, 0.0, 2.0])?, &[5.0, 6.0, 7.0], nn::relu)?;
    let channels = Tensor::from_fn(&[1, 6], |i| i as f64)?;
    by_hand("shuffle in 2 groups", channels, &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0], |x| channel_shuffle(x, 2))?;

    let logits = Var::parameter(Tensor::new(&[1, 2], vec![0.0, 3f64.ln()])?);
    let loss = nn::softmax_cross_entropy(&logits, &[0])?;
    loss.backward()?;
    let p = nn::softmax(&logits.value())?;
    let d = logits.grad().ok_or_else(|| Error::failed("softmax", "no gradient"))?;
    say!("\nlogits 0 and ln 3: the probabilities are {p:.2}");
    say!("the first class is the true one: the loss is ln 4 = {:.4}, the gradient {d:.2}", loss.value().data()[0]);
    Ok(())
}
