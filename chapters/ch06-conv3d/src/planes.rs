//! A 3D convolution plane by plane: forward, backward, and drawn.

use crate::draw::beside;
use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch06_conv3d::Sliced;
use unrolled::svg::Svg;
use unrolled::{ConvSpec, Convolution, Result, Tensor, say};

/// Three planes of 3 × 3, and a kernel of two slices of 2 × 2.
fn example() -> Result<[Tensor; 2]> {
    #[rustfmt::skip]
    let input = Tensor::new(&[1, 1, 3, 3, 3], vec![
        1.0, 0.0, 2.0,  0.0, 1.0, 0.0,  2.0, 0.0, 1.0,
        0.0, 3.0, 0.0,  1.0, 0.0, 1.0,  0.0, 2.0, 0.0,
        2.0, 1.0, 0.0,  0.0, 0.0, 3.0,  1.0, 1.0, 0.0,
    ])?;
    Ok([input, Tensor::new(&[1, 1, 2, 2, 2], vec![1.0, 0.0, 0.0, 2.0, 0.0, 1.0, 1.0, 0.0])?])
}

/// A plane of a volume, as an image.
fn plane(t: &Tensor, z: usize) -> Result<Tensor> {
    let [h, w] = [t.shape()[3], t.shape()[4]];
    Tensor::new(&[1, 1, h, w], t.data()[z * h * w..][..h * w].to_vec())
}

/// An image as rows of numbers.
fn show(t: &Tensor) -> Result<String> {
    Ok(format!("{:.0}", t.clone().reshape(&t.shape()[2..])?))
}

fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    a.clone().zip(b, |a, b| a + b)
}

/// The first plane that a 2 × 2 × 2 kernel makes, from 2D convolutions of two planes of the input.
pub fn sum_of_planes() -> Result<()> {
    // ANCHOR: planes
    let [input, weight] = example()?;
    let output = Naive.forward(&ConvSpec::<3>::default(), &input, &weight)?;

    let flat = |z| Naive.forward(&ConvSpec::<2>::default(), &plane(&input, z)?, &plane(&weight, z)?);
    let sum = add(&flat(0)?, &flat(1)?)?;
    assert_eq!(sum, plane(&output, 0)?);
    // ANCHOR_END: planes
    say!("A kernel with depth 2: output plane 0 is the sum of two convolutions in 2D.\n");
    let columns = ["input plane 0", "kernel slice 0", "their convolution"];
    for z in 0..2 {
        let titles = columns.map(|title| title.replace('0', &z.to_string()));
        let blocks = [show(&plane(&input, z)?)?, show(&plane(&weight, z)?)?, show(&flat(z)?)?];
        let blocks: Vec<_> = titles.iter().map(String::as_str).zip(blocks).collect();
        say!("{}\n", beside(&blocks));
    }
    let blocks = [show(&sum)?, show(&plane(&output, 0)?)?];
    say!("{}\n", beside(&["their sum", "output plane 0"].into_iter().zip(blocks).collect::<Vec<_>>()));
    same_by_all(&input, &weight)
}

/// The gradient of the example's output, random as it should be.
fn gradient() -> Result<Tensor> {
    Tensor::new(&[1, 1, 2, 2, 2], vec![1.0, 0.0, 2.0, 1.0, 3.0, 1.0, 0.0, 2.0])
}

/// Output and both gradients of the example, by everything that can do it.
fn same_by_all(input: &Tensor, weight: &Tensor) -> Result<()> {
    let (spec, dy) = (ConvSpec::<3>::default(), gradient()?);
    let passes = |algorithm: &dyn Convolution<Tensor, 3>| {
        Result::Ok([
            algorithm.forward(&spec, input, weight)?,
            algorithm.grad_input(&spec, input.shape(), weight, &dy)?,
            algorithm.grad_weight(&spec, input, weight.shape(), &dy)?,
        ])
    };
    let expected = passes(&Naive)?;
    let algorithms: [(&str, &dyn Convolution<Tensor, 3>); 4] =
        [("im2col", &Im2col), ("fused", &Fused), ("sliced naive", &Sliced(Naive)), ("sliced fused", &Sliced(Fused))];
    say!("against the definition     output  grad_input  grad_weight");
    for (name, algorithm) in algorithms {
        let got = passes(algorithm)?;
        let [y, dx, dw] = [0, 1, 2].map(|i| if got[i] == expected[i] { "same" } else { "differs" });
        say!("{name:25}  {y:>6}  {dx:>10}  {dw:>11}");
    }
    say!("");
    Ok(())
}

/// Both gradients of the example, each plane by its own 2D gradients.
pub fn backwards() -> Result<()> {
    let ([x, w], dy) = (example()?, gradient()?);
    let spec = ConvSpec::<3>::default();
    let dx = Naive.grad_input(&spec, x.shape(), &w, &dy)?;
    let dw = Naive.grad_weight(&spec, &x, w.shape(), &dy)?;
    say!("Backwards. The gradient of the output:\n");
    say!("{}\n", beside(&[("dy plane 0", show(&plane(&dy, 0)?)?), ("dy plane 1", show(&plane(&dy, 1)?)?)]));

    // ANCHOR: backwards
    let flat = ConvSpec::<2>::default();
    // What tap q of output plane z adds to its input plane z + q, and to the gradient of its own slice.
    let to_input = |q, z| Naive.grad_input(&flat, &[1, 1, 3, 3], &plane(&w, q)?, &plane(&dy, z)?);
    let to_weight = |q, z| Naive.grad_weight(&flat, &plane(&x, z + q)?, &[1, 1, 2, 2], &plane(&dy, z)?);
    assert_eq!(plane(&dx, 1)?, add(&to_input(1, 0)?, &to_input(0, 1)?)?);
    assert_eq!(plane(&dw, 0)?, add(&to_weight(0, 0)?, &to_weight(0, 1)?)?);
    assert_eq!(plane(&dw, 1)?, add(&to_weight(1, 0)?, &to_weight(1, 1)?)?);
    // ANCHOR_END: backwards
    say!("Input plane 1 was under slice 1 of output plane 0, and under slice 0 of output plane 1:\n");
    let blocks = [
        ("slice 1, dy 0", show(&to_input(1, 0)?)?),
        ("slice 0, dy 1", show(&to_input(0, 1)?)?),
        ("sum: dx plane 1", show(&plane(&dx, 1)?)?),
    ];
    say!("{}\n", beside(&blocks));
    say!("Slice 0 lay on input plane 0 for output plane 0, and on input plane 1 for output plane 1:\n");
    let blocks = [
        ("x 0, dy 0", show(&to_weight(0, 0)?)?),
        ("x 1, dy 1", show(&to_weight(0, 1)?)?),
        ("sum: dw slice 0", show(&plane(&dw, 0)?)?),
    ];
    say!("{}\n", beside(&blocks));
    let y = Naive.forward(&spec, &x, &w)?;
    say!("All planes: ⟨dy, y⟩ = {}, ⟨dx, x⟩ = {}, ⟨dw, w⟩ = {}\n", dy.dot(&y)?, dx.dot(&x)?, dw.dot(&w)?);
    Ok(())
}

/// The side of a cell in the figure.
const CELL: f64 = 26.0;

/// The numbers of an image, with a title above.
fn grid(svg: &mut Svg, [x, y]: [f64; 2], title: &str, class: &str, image: &Tensor) {
    let width = image.shape()[3];
    svg.text("small soft", [x + width as f64 * CELL / 2.0, y - 12.0], title);
    for (i, number) in image.data().iter().enumerate() {
        let corner = [x + (i % width) as f64 * CELL, y + (i / width) as f64 * CELL];
        svg.rect(class, corner, [CELL, CELL]).text("small code", corner.map(|c| c + CELL / 2.0), number);
    }
}

/// The example as four 2D convolutions, whose maps are summed by twos.
pub fn figure() -> Result<String> {
    let [input, weight] = example()?;
    let output = Naive.forward(&ConvSpec::<3>::default(), &input, &weight)?;
    let description = "On the left the three planes of a volume, below each other. Slice 0 of the kernel is convolved \
                       with planes 0 and 1, slice 1 with planes 1 and 2, which gives four maps, in the middle. The first \
                       two maps, of planes 0 and 1, are summed to output plane 0, on the right, and the other two, of \
                       planes 1 and 2, to output plane 1.";
    let mut svg = Svg::new(720.0, 440.0, "A 3D convolution is a sum of 2D ones", description);
    let (planes, maps, outputs) =
        (|z: usize| 44.0 + 130.0 * z as f64, |i: usize| 44.0 + 100.0 * i as f64, [94.0, 294.0]);
    let side = CELL * 2.0;
    for z in 0..2 {
        for q in 0..2 {
            let (i, p) = (2 * z + q, z + q);
            let from = [40.0 + 3.0 * CELL, planes(p) + 1.5 * CELL];
            let to = [300.0, maps(i) + CELL];
            svg.line("", [from[0] + 6.0, from[1]], [to[0] - 8.0, to[1]]);
            svg.line("", [410.0 + side, maps(i) + CELL], [562.0, outputs[z] + CELL]);
            // On the way: the slice that does it, and the map.
            let slice = plane(&weight, q)?;
            grid(&mut svg, [300.0, maps(i)], &format!("slice {q}"), "cell hot", &slice);
            svg.text("", [300.0 + side + 28.0, maps(i) + CELL], "→");
            let map = Naive.forward(&ConvSpec::<2>::default(), &plane(&input, p)?, &slice)?;
            grid(&mut svg, [408.0, maps(i)], &format!("plane {p}, slice {q}"), "cell", &map);
        }
        svg.text("large", [580.0, outputs[z] + CELL], "+");
        grid(&mut svg, [600.0, outputs[z]], &format!("output plane {z}"), "cell result", &plane(&output, z)?);
    }
    for z in 0..3 {
        grid(&mut svg, [40.0, planes(z)], &format!("input plane {z}"), "cell", &plane(&input, z)?);
    }
    Ok(svg.finish())
}
