//! What the shapes say: parameters, multiplications, and operations for each byte.

use crate::{GROUPS, IMAGE, same};
use ch02_im2col::Fused;
use ch07_grouped::{cost, depthwise_conv, depthwise_cost, pointwise_cost, steps};
use unrolled::text::thousands;
use unrolled::{ConvSpec, Convolution, Cost, Result, Tensor, Var, conv, say};

/// One line of the table of counts: from the function, and from a real weight.
fn count(what: &str, cost: Cost, weight: &[usize]) -> Result<()> {
    let tensor = Tensor::<f32>::zeros(weight)?;
    let (counted, real) = (thousands(cost.parameters), thousands(tensor.len() as u128));
    say!("{what:30}  {:18}  {counted:>10}  {real:>10}  {:>14}", format!("{weight:?}"), thousands(cost.multiplies));
    Ok(())
}

/// Prints what groups save, by functions and by real tensors.
pub fn counts() -> Result<()> {
    say!("Parameters, as counted from the shapes and as found in the tensor; multiplications of one image.\n");
    say!("convolution                     weight              parameters   in tensor  multiplications");
    let image = [1, 64, 56, 56];
    count("64 -> 128, 3x3, on 56x56", cost(&same(1), &image, 128, [3, 3])?, &[128, 64, 3, 3])?;
    count("  in 2 groups", cost(&same(2), &image, 128, [3, 3])?, &[128, 32, 3, 3])?;

    let image = [1, 32, 512, 512];
    let valid = |groups| ConvSpec { groups, ..ConvSpec::default() };
    count("32 -> 256, 3x3, on 512x512", cost(&valid(1), &image, 256, [3, 3])?, &[256, 32, 3, 3])?;
    count("  in 8 groups", cost(&valid(8), &image, 256, [3, 3])?, &[256, 4, 3, 3])?;

    let image = [1, 8, 32, 32];
    count("8 -> 8, 3x3, on 32x32", cost(&same(1), &image, 8, [3, 3])?, &[8, 8, 3, 3])?;
    let (depthwise, pointwise) = (depthwise_cost(&same(1), &image, [3, 3])?, pointwise_cost::<2>(&image, 8)?);
    count("  depthwise", depthwise, &[8, 1, 3, 3])?;
    count("  pointwise, 1x1", pointwise, &[8, 8, 1, 1])?;
    say!("  depthwise then pointwise: {} parameters instead of 576", (depthwise + pointwise).parameters);

    say!("\nBoth of 32 -> 256, run:");
    let x = Tensor::from_fn(&[1, 32, 512, 512], |i| (i % 7) as f32)?;
    for (groups, channels) in [(1, 32), (8, 4)] {
        let w = Tensor::from_fn(&[256, channels, 3, 3], |i| (i % 5) as f32)?;
        let y = Fused.forward(&valid(groups), &x, &w)?;
        say!("  {groups} group(s): {:?} with {:?} gives {:?}", x.shape(), w.shape(), y.shape());
    }
    let x = Var::constant(Tensor::from_fn(&[1, 8, 32, 32], |i| (i % 7) as f32)?);
    let middle = depthwise_conv(&same(8), &x, &Var::constant(Tensor::full(&[8, 1, 3, 3], 1.0)?), None)?;
    let y = conv(&Fused, &ConvSpec::<2>::default(), &middle, &Var::constant(Tensor::full(&[8, 8, 1, 1], 1.0)?), None)?;
    say!(
        "  depthwise: {:?} gives {:?}, pointwise {:?}\n",
        x.value().shape(),
        middle.value().shape(),
        y.value().shape()
    );
    Ok(())
}

/// Prints what groups leave for each byte.
pub fn promised() -> Result<()> {
    say!("256 -> 256 channels, 3x3, on 56x56, in f32. Groups divide the operations, but hardly the bytes of");
    say!("input, weight and output. What is left to do for each byte (FLOP/byte) shrinks:\n");
    say!("groups  parameters    MFLOP     KiB  FLOP/byte");
    for groups in GROUPS {
        let cost = cost(&same(groups), &IMAGE, 256, [3, 3])?;
        let (mflop, kib) = (2.0 * cost.multiplies as f64 / 1e6, cost.elements * 4 / 1024);
        say!("{groups:6}  {:>10}  {mflop:7.1}  {kib:6}  {:9.1}", thousands(cost.parameters), cost.intensity(4));
    }
    say!(
        "\nAnd a group is a small matrix product: with 32 groups, of 8 rows, where 256 rows shared each input before."
    );
    say!("So the time does not fall as the operations do. Depthwise knows that no inputs are shared, and");
    say!("spends its effort on reading each one once.\n");
    Ok(())
}

/// Prints what a block of lines in registers loads.
pub fn loads() -> Result<()> {
    say!("Loads of inputs and multiply-adds for each place along the lines, in a block of so many lines:\n");
    say!("lines  kernel  loads  multiply-adds  multiply-adds a load");
    for (rows, [r, s]) in [(1, [3, 3]), (2, [3, 3]), (4, [3, 3]), (8, [3, 3]), (8, [5, 5]), (8, [1, 5]), (8, [5, 1])] {
        let (loads, products) = steps::loads(rows, [r, s]);
        say!("{rows:5}  {r} x {s:<3} {loads:5}  {products:13}  {:20.2}", products as f64 / loads as f64);
    }
    say!("");
    Ok(())
}
