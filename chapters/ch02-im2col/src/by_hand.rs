//! Examples that can be checked by hand.

use ch02_im2col::{col2im, im2col};
use unrolled::gemm::{MatRef, gemm};
use unrolled::phases::Reach;
use unrolled::strip::Strip;
use unrolled::{ConvShape, ConvSpec, Result, Tensor, say};

// ANCHOR: example
/// The sliding window of chapter 1 as one product of a row and a matrix.
pub fn column_matrix() -> Result<()> {
    let (input, kernel) = (INPUT, KERNEL);
    let shape = ConvSpec::<2>::default().resolve(&[1, 1, 5, 5], &[1, 1, 3, 3])?;
    let mut columns = Tensor::zeros(&[9, 9])?;
    im2col(&shape.lift(), &input, columns.data_mut());

    let mut output = Tensor::zeros(&[1, 9])?;
    let (w, p) = (MatRef::new(&kernel, 1, 9)?, MatRef::new(columns.data(), 9, 9)?);
    gemm(1.0, w, p, 0.0, output.data_mut())?;
    // ANCHOR_END: example
    say!("Each patch of the input becomes a column: the matrix P of chapter 1's example.\n");
    say!("P\n{columns:.0}\n\nkernel, as a row\n{:.0}\n", Tensor::new(&[1, 9], kernel.to_vec())?);
    say!("kernel times P, and the same numbers as a map\n{output:.0}\n\n{:.0}\n", output.clone().reshape(&[3, 3])?);
    Ok(())
}

/// The input of chapter 1's example.
#[rustfmt::skip]
pub const INPUT: [f32; 25] = [
    3.0, 3.0, 2.0, 1.0, 0.0,
    0.0, 0.0, 1.0, 3.0, 1.0,
    3.0, 1.0, 2.0, 2.0, 3.0,
    2.0, 0.0, 0.0, 2.0, 2.0,
    2.0, 0.0, 0.0, 0.0, 1.0,
];

/// Its kernel.
pub const KERNEL: [f32; 9] = [0.0, 1.0, 2.0, 2.0, 2.0, 0.0, 0.0, 1.0, 2.0];

/// Numbers as a list, as in the text.
fn list(numbers: &[f32]) -> String {
    format!("{numbers:?}").replace(".0", "")
}

/// The layer of chapter 1's gradients: six inputs, three taps, stride 2.
fn line() -> Result<ConvShape<3>> {
    let spec = ConvSpec { stride: [2], ..ConvSpec::<1>::default() };
    Ok(spec.resolve(&[1, 1, 6], &[1, 1, 3])?.lift())
}

const X: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
const W: [f32; 3] = [1.0, 10.0, 100.0];
const DY: [f32; 2] = [5.0, 7.0];

/// Prints both gradients of that layer as matrix products.
pub fn gradients() -> Result<()> {
    // ANCHOR: gradients
    let shape = line()?;
    let (mut p, mut dp) = (Tensor::zeros(&[3, 2])?, Tensor::zeros(&[3, 2])?);
    let (mut dx, mut dw) = ([0.0; 6], [0.0; 3]);
    im2col(&shape, &X, p.data_mut());

    let (w, dy) = (MatRef::new(&W, 1, 3)?, MatRef::new(&DY, 1, 2)?);
    gemm(1.0, dy, MatRef::new(p.data(), 3, 2)?.t(), 0.0, &mut dw)?; // dW = dy Pᵀ
    gemm(1.0, w.t(), dy, 0.0, dp.data_mut())?; // dP = Wᵀ dy
    col2im(&shape, dp.data(), &mut dx);
    // ANCHOR_END: gradients
    say!("Both gradients of chapter 1's line, by products: six inputs, three taps, stride 2.\n");
    say!("x = {}, w = {}, dy = {}\n", list(&X), list(&W), list(&DY));
    say!("P of x\n{p:.0}\n\ndw = dy times P transposed = {}\n", list(&dw));
    say!("dP = w transposed times dy\n{dp:.0}\n\ndx = col2im of dP = {}\n", list(&dx));
    Ok(())
}

/// Prints an image as a strip, and where taps read in it.
pub fn strip() -> Result<()> {
    // ANCHOR: strip
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let shape = spec.resolve(&[1, 1, 3, 4], &[1, 1, 3, 3])?.lift();
    let image: Vec<f32> = (1..=12).map(|i| i as f32).collect();

    let layout = Strip::of_input(&shape, 1, [0, 0, 0], shape.output);
    let mut strip = vec![0.0; layout.elements()];
    layout.fill(&image, &mut strip);
    let taps = layout.taps(&shape);
    // ANCHOR_END: strip
    let words = |numbers: &[f32]| numbers.iter().map(|x| format!("{x:3}")).collect::<String>();
    say!("An image of 3 x 4 that holds 1 to 12, padded by 1, as a strip of lines of {}:\n", layout.line());
    say!("{}\n", strip.chunks(layout.line()).map(words).collect::<Vec<_>>().join("\n"));
    say!("Where the nine taps of a kernel of 3 x 3 begin to read:\n\n{:?}\n", taps.span().values());
    say!("Rows of P, read from there on, with what lies between its lines in brackets:\n");
    for (tap, name) in [(0, "(0, 0)"), (5, "(1, 2)"), (8, "(2, 2)")] {
        let lines = strip[taps.span().values()[tap]..].chunks(layout.line()).take(3);
        let shown = lines.enumerate().map(|(y, line)| match line.get(4) {
            Some(x) if y < 2 => format!("{} ({x:2})", words(&line[..4])),
            _ => words(&line[..4]),
        });
        say!("tap {name}: {}", shown.collect::<Vec<_>>().join(""));
    }
    say!("");
    Ok(())
}

/// Prints the gradient of the line's input by phases.
pub fn phases() -> Result<()> {
    let shape = line()?;
    let reach = Reach::new(&shape);
    let layout = reach.strip(&shape, 1, [0, 0, 0]);
    let mut strip = vec![0.0; layout.elements()];
    layout.fill(&DY, &mut strip);
    say!("The gradient of the line's input by phases: dy as a strip is {}.\n", list(&strip));
    for phase in reach.phases(&shape, &layout) {
        let (weights, from) = (phase.weight.span().values(), phase.grad.span().values());
        let views: Vec<&[f32]> = from.iter().map(|from| &strip[*from..from + 3]).collect();
        let terms = weights.iter().zip(&views).map(|(w, view)| format!("{}·{}", W[*w], list(view)));
        let sum: Vec<f32> = (0..3).map(|i| weights.iter().zip(&views).map(|(w, view)| W[*w] * view[i]).sum()).collect();
        let inputs: Vec<usize> = (phase.at[2]..6).step_by(2).collect();
        say!("inputs {inputs:?}: {} = {}", terms.collect::<Vec<_>>().join(" + "), list(&sum));
    }
    say!("");
    Ok(())
}
