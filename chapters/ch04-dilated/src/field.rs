//! How far stacks of layers see: computed, measured, drawn.

use crate::text::beside;
use ch02_im2col::Fused;
use ch04_dilated::{Dilated, Layer, paths, receptive_field};
use unrolled::{Result, Tensor, say};

/// The layers of a stack of stride 1: a kernel of 3 for each dilation.
pub fn dilated(dilations: &[usize]) -> Vec<Layer> {
    dilations.iter().map(|&dilation| Layer { kernel: 3, stride: 1, dilation }).collect()
}

// ANCHOR: measure
/// The receptive field as the gradients show it: inputs from the first to the last that has one; and how far the paths
/// spread in it, their standard deviation.
fn measured(layers: &[Layer]) -> Result<(usize, f64)> {
    // Three times what one output should see: should it see more, there is room to notice.
    let paths = paths::<1, _>(&Dilated(Fused), layers, 3 * receptive_field(layers)?.size)?;
    let seen = |&n: &f64| n != 0.0;
    let (first, last) = (paths.data().iter().position(seen), paths.data().iter().rposition(seen));
    let size = first.zip(last).map_or(0, |(first, last)| last - first + 1);
    let moment = |k| paths.data().iter().enumerate().map(|(i, n)| n * (i as f64).powi(k)).sum::<f64>() / paths.sum();
    Ok((size, (moment(2) - moment(1).powi(2)).sqrt()))
}
// ANCHOR_END: measure

/// The context module of Yu and Koltun, layer by layer.
pub fn context() -> Result<()> {
    say!("A stack of layers sees further than each. A layer adds d (k - 1) inputs to the field; the context module");
    say!("of Yu and Koltun (2016) doubles the dilation, and seven layers of 3x3 see 67x67. `measured` is where one");
    say!("output's gradient arrives, on an input of three times the size:\n");
    say!("layer  dilation  effective kernel  field  measured");
    let layers = dilated(&[1, 1, 2, 4, 8, 16, 1]);
    for (i, layer) in layers.iter().enumerate() {
        let (stack, kernel) = (&layers[..=i], layer.effective_kernel()?);
        let (field, (measured, _)) = (receptive_field(stack)?.size, measured(stack)?);
        say!("{:5}  {:8}  {kernel:16}  {field:5}  {measured:8}", i + 1, layer.dilation);
    }
    say!("");
    Ok(())
}

/// Networks whose fields are known.
pub fn networks() -> Result<()> {
    let dense = |kernel, stride| Layer { kernel, stride, dilation: 1 };
    let (conv, pool) = (dense(3, 1), dense(2, 2));
    let vgg = [2, 2, 3, 3, 3].map(|convs| [&vec![conv; convs][..], &[pool]].concat()).concat();
    let alexnet = [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)].map(|(k, s)| dense(k, s));
    let wavenet: Vec<_> = (0..10).map(|i| Layer { kernel: 2, stride: 1, dilation: 1 << i }).collect();
    say!(
        "Strides widen the field as well: behind them a layer adds d (k - 1) jump inputs, where the jump is the product"
    );
    say!(
        "of the strides before. But they leave only one output for every `jump` inputs. Pooling counts like convolution:\n"
    );
    say!("stack                                       layers  field  jump  measured  spread");
    for (name, layers) in [
        ("7 layers of 3", &vec![conv; 7][..]),
        ("7 layers of 3, dilations 1 1 2 4 8 16 1", &dilated(&[1, 1, 2, 4, 8, 16, 1])),
        ("WaveNet: 10 layers of 2, dilations 1 to 512", &wavenet),
        ("AlexNet, up to its last pooling", &alexnet),
        ("VGG-16, up to its last pooling", &vgg),
    ] {
        let (field, n) = (receptive_field(layers)?, layers.len());
        let (measured, spread) = measured(layers)?;
        say!("{name:43} {n:6}  {:5}  {:4}  {measured:8}  {spread:6.1}", field.size, field.jump);
    }
    say!("\nspread: the standard deviation of the paths from the inputs to the output, in inputs.\n");
    Ok(())
}

/// Three layers of 3 × 3 with these dilations: the paths from each input to one output, along one axis and on the
/// plane.
pub fn reached(dilations: [usize; 3]) -> Result<(Tensor<f64>, Tensor<f64>)> {
    let layers = dilated(&dilations);
    let field = receptive_field(&layers)?.size;
    Ok((paths::<1, _>(&Dilated(Fused), &layers, field)?, paths::<2, _>(&Dilated(Fused), &layers, field)?))
}

/// The gridding artefact.
pub fn gridding() -> Result<()> {
    say!("A wide field isn't a full one. Paths from each input to one output, through three layers of 3, along");
    say!("one axis:\n");
    let (equal, mixed) = (reached([2, 2, 2])?, reached([1, 2, 3])?);
    for (name, (line, _)) in [("dilations 2 2 2", &equal), ("dilations 1 2 3", &mixed)] {
        let cells: Vec<_> = line.data().iter().map(|n| format!("{n:2}")).collect();
        say!("{name}  {}", cells.join(" "));
    }
    say!("\nOn the plane, with # for an input that the output sees:\n");
    let plane = |plane: &Tensor<f64>| -> Vec<String> {
        let row = |row: &[f64]| row.iter().map(|&n| if n == 0.0 { "." } else { "#" }).collect::<Vec<_>>().join(" ");
        plane.data().chunks(plane.shape()[1]).map(row).collect()
    };
    let count = |plane: &Tensor<f64>| plane.data().iter().filter(|&&n| n != 0.0).count();
    let caption = |dilations: &str, plane: &Tensor<f64>| {
        vec![String::new(), format!("{dilations}: {} of {}", count(plane), plane.len())]
    };
    let blocks = [("2 2 2", &equal.1), ("1 2 3", &mixed.1)].map(|(name, p)| [plane(p), caption(name, p)].concat());
    say!("{}", beside(&blocks, &[""]));
    say!("Dilations with a common divisor never leave one sub-grid: neighbours in the output are made from");
    say!("different inputs, and the map shows a grid. Wang et al. (2018) mix them, 1 2 3, and nothing is missed.\n");
    Ok(())
}

/// Which stacks see every input of their field.
pub fn gapless() -> Result<()> {
    say!("Layers of 3 along one axis, and how many inputs of the field an output sees:\n");
    say!("dilations    field  seen  paths to an input");
    for dilations in
        [&[2, 2, 2][..], &[1, 2, 3], &[1, 2, 4], &[1, 2, 4, 8], &[1, 3, 9], &[9, 3, 1], &[1, 4], &[2, 3, 4]]
    {
        let layers = dilated(dilations);
        let field = receptive_field(&layers)?.size;
        let paths = paths::<1, _>(&Dilated(Fused), &layers, field)?;
        let seen = paths.data().iter().filter(|&&n| n != 0.0).count();
        let [least, most] = [f64::min as fn(f64, f64) -> f64, f64::max].map(|f| paths.data().iter().copied().reduce(f));
        let names: Vec<_> = dilations.iter().map(usize::to_string).collect();
        say!("{:11}  {field:5}  {seen:4}  {} to {}", names.join(" "), least.unwrap_or(0.0), most.unwrap_or(0.0));
    }
    say!("");
    Ok(())
}
