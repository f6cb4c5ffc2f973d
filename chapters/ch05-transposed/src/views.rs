//! The transposed convolution from three sides: as a matrix, as a convolution over holes, and by its sizes.

use crate::{beside, grid, row};
use ch01_naive::{Naive, flip};
use ch05_transposed::{Transposed, matrix};
use unrolled::gemm::{MatRef, gemm};
use unrolled::{ConvSpec, Convolution, Result, Tensor, say};

/// W of a small convolution: W x is the convolution, Wᵀ y the transposed one.
pub fn transposed_matrix() -> Result<()> {
    let spec = ConvSpec::<2>::default();
    let kernel = Tensor::new(&[1, 1, 2, 2], vec![1.0, 2.0, 3.0, 4.0])?;
    let x = Tensor::from_fn(&[1, 1, 3, 3], |i| i as f32)?;
    let w = matrix(&Naive, &spec, x.shape(), &kernel)?;
    let transpose: Vec<_> = (0..36).map(|i| w.data()[i % 4 * 9 + i / 4]).collect();

    let (mut wx, mut wt_wx) = ([0.0; 4], [0.0; 9]);
    gemm(1.0, MatRef::new(w.data(), 4, 9)?, MatRef::new(x.data(), 9, 1)?, 0.0, &mut wx)?;
    gemm(1.0, MatRef::new(&transpose, 9, 4)?, MatRef::new(&wx, 4, 1)?, 0.0, &mut wt_wx)?;

    let y = Naive.forward(&spec, &x, &kernel)?;
    let back = Transposed::new(Naive).forward(&spec, &y, &kernel)?;
    say!("A convolution is a matrix. Here is that of the kernel [[1, 2], [3, 4]] on an input of 3x3: a row for each");
    say!("output, a column for each input. The gradient of the input multiplies with its transpose.\n");
    let plain = [vec!["W".to_owned()], grid(w.data(), 9, 1)].concat();
    let transposed = [vec!["Wᵀ".to_owned()], grid(&transpose, 4, 1)].concat();
    say!("{}", beside(&[plain, transposed]));
    say!("x                     {}", row(x.data(), 3));
    say!("W x                   {}", row(&wx, 3));
    say!("convolution of x: y   {}", row(y.data(), 3));
    say!("Wᵀ y                  {}", row(&wt_wx, 3));
    say!("transposed conv. of y {}\n", row(back.data(), 3));
    say!("The last two have the size of x, and other numbers: a transpose isn't an inverse.\n");
    Ok(())
}

/// The stride as holes: zeros between the inputs and around them, and a convolution of stride 1 over all.
pub fn holes() -> Result<()> {
    let (stride, w) = (2, Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?);
    let (inputs, taps) = (3, w.len());
    let mut stuffed = Tensor::zeros(&[1, 1, (inputs - 1) * stride + 1 + 2 * (taps - 1)])?;
    for i in 0..inputs {
        stuffed.data_mut()[taps - 1 + i * stride] = (i + 1) as f32;
    }
    let flipped = flip(&w, 1);
    let y = Naive.forward(&ConvSpec::<1>::default(), &stuffed, &flipped)?;
    say!("Many pictures of transposed convolution show another way to it: stride - 1 zeros go between the inputs,");
    say!("kernel - 1 - padding zeros around them, and the flipped kernel slides over all, at stride 1.\n");
    say!("with holes       {}", row(stuffed.data(), 3));
    say!("flipped kernel   {}", row(flipped.data(), 3));
    say!("output           {}\n", row(y.data(), 3));
    let (all, useful) = (y.len() * taps, inputs * taps);
    let zeros = all - useful;
    say!("The numbers that the stamps made. But of {all} products {zeros} are with zeros, and with stride s in two");
    say!(
        "dimensions all but about one in s x s. The gradient of the input, which runs here, takes the other {useful}.\n"
    );
    Ok(())
}

/// Which inputs a stride brings to the same output, and which output_padding leads back to each.
pub fn sizes() -> Result<()> {
    say!("A stride rounds down: a convolution brings several sizes to one. The way back needs to be told to which.");
    say!("That is all that output_padding does; it pads nothing. Kernel 3, padding 1:\n");
    for stride in [2, 3] {
        let spec = ConvSpec { stride: [stride], padding: [1], ..ConvSpec::default() };
        let labels = [&format!("stride {stride}, input"), "output", "output_padding", "back to"];
        let mut lines = labels.map(|label| format!("{label:17}"));
        for input in 1 + 2 * stride..=5 * stride {
            let output = spec.output_size([input], [3])?;
            for chosen in 0..stride {
                let [back] = Transposed { algorithm: (), output_padding: [chosen] }.output_size(&spec, output, [3])?;
                if back == input {
                    let numbers = [input, output[0], chosen, back];
                    lines.iter_mut().zip(numbers).for_each(|(line, number)| *line += &format!("{number:4}"));
                }
            }
        }
        say!("{}\n", lines.join("\n"));
    }
    Ok(())
}
