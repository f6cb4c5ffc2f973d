//! A file of digits, pooling, the loss, what the layers cost, a saved model.

use crate::mnist;
use ch09_lenet::draw;
use ch09_lenet::idx::{SIDE, Split};
use ch09_lenet::network::{LeNet, PARAMETERS};
use ch09_lenet::{gzip, safetensors, steps};
use std::path::Path;
use std::rc::Rc;
use unrolled::nn::{self, Cpu};
use unrolled::text::thousands;
use unrolled::{ConvSpec, Cost, Error, Result, Tensor, Var, files, init, say};

/// Some numbers in a row.
pub fn row<'a>(numbers: impl IntoIterator<Item = &'a f32>, digits: usize) -> String {
    let number = |x: &f32| format!("{:6.digits$}", x + 0.0); // -0 as 0
    numbers.into_iter().map(number).collect::<Vec<_>>().join(" ")
}

pub fn file() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/train-images-idx3-ubyte.gz");
    let packed = files::read(&path, 1 << 28)?;
    let unpacked = gzip::decompress(&packed, 1 << 28).map_err(|problem| Error::file(&path, problem))?;
    let [a, b] = [&packed, &unpacked].map(|bytes| thousands(bytes.len() as u64));
    say!("The training images are {a} bytes, and {b} when they are unpacked. The first sixteen:\n");
    let words: Vec<String> = unpacked[..16]
        .chunks(4)
        .map(|word| format!("{word:02x?}").replace(", ", " ").replace(['[', ']'], ""))
        .collect();
    let meaning = ["bytes, three axes", "images", "rows", "columns"];
    for (i, (word, meaning)) in words.iter().zip(meaning).enumerate() {
        let number = u32::from_be_bytes(std::array::from_fn(|at| unpacked[4 * i + at]));
        say!("{word}  {:>6}  {meaning}", if i == 0 { String::new() } else { thousands(number) });
    }
    let data = mnist(Split::Train, 1)?;
    say!("\nThe first image, a {}:\n\n{}\n", data.labels[0], draw::digit(&data.images.pixels));
    let line: Vec<String> = data.images.pixels[9 * SIDE..][7..17].iter().map(|pixel| format!("{pixel:3}")).collect();
    say!("Row 9, columns 7 to 16: {}\n", line.join(" "));
    Ok(())
}

pub fn pooling() -> Result<()> {
    say!("Windows of adaptive average pooling along one axis:\n");
    for (input, output) in [(10, 5), (4, 3), (24, 14)] {
        let windows: Vec<_> = (0..output).map(|i| steps::window(i, input, output)).collect();
        let wide: usize = windows.iter().map(|window| window.len()).sum();
        let shown: Vec<String> = windows.iter().take(5).map(|w| format!("{}..{}", w.start, w.end)).collect();
        let more = if output > 5 { " ..." } else { "" };
        say!("{input:3} -> {output:2}  {}{more}  (sizes add up to {wide})", shown.join(" "));
    }

    let x = Var::parameter(Tensor::new(&[1, 1, 4], vec![3.0, 6.0, 9.0, 12.0])?);
    let y = nn::adaptive_avg_pool([3], &x)?;
    let dy = Tensor::new(&[1, 1, 3], vec![2.0, 20.0, 200.0])?;
    y.backward_from(dy.clone())?;
    let dx = x.grad().expect("a gradient");
    say!("\nFrom four numbers to three, and back:\n");
    for (name, t) in [("x ", &x.value()), ("y ", &y.value()), ("dy", &dy), ("dx", &dx)] {
        say!("{name} = {}", row(t.data(), 1));
    }
    let inner = |a: &Tensor, b: &Tensor| a.data().iter().zip(b.data()).map(|(a, b)| a * b).sum::<f32>();
    say!("\n<dy, y> = {}, <dx, x> = {}\n", inner(&dy, &y.value()), inner(&dx, &x.value()));
    Ok(())
}

pub fn loss() -> Result<()> {
    let logits = Tensor::new(&[1, 3], vec![2.0, 1.0, 0.0])?;
    let loss_of = |logits: &Tensor| {
        let logits = Var::parameter(logits.clone());
        let loss = nn::softmax_cross_entropy(&logits, &[1])?;
        loss.backward()?;
        Ok::<_, Error>((loss.value().data()[0], logits.grad().expect("a gradient")))
    };
    let (loss, gradient) = loss_of(&logits)?;
    let exps: Vec<f32> = logits.data().iter().map(|x| x.exp()).collect();
    say!("Three logits, and class 1 is the true one:\n");
    say!("logits       {}", row(logits.data(), 4));
    say!("exp          {}   sum {:.4}", row(&exps, 4), exps.iter().sum::<f32>());
    say!("softmax      {}", row(nn::softmax(&logits)?.data(), 4));
    say!("true         {}", row(&[0.0, 1.0, 0.0], 4));
    say!("gradient     {}", row(gradient.data(), 4));
    let differences = (0..3).map(|i| {
        let at = |step: f32| {
            let mut moved = logits.clone();
            moved.data_mut()[i] += step;
            loss_of(&moved).map(|(loss, _)| loss)
        };
        Ok((at(0.01)? - at(-0.01)?) / 0.02)
    });
    say!("differences  {}", row(&differences.collect::<Result<Vec<f32>>>()?, 3));
    say!("\nThe loss is -ln {:.4} = {loss:.4}.\n", nn::softmax(&logits)?.data()[1]);
    Ok(())
}

pub fn large_logits() -> Result<()> {
    say!("A logit of 100, in f32:\n");
    let logits = [100f32, 0.0];
    let exps = logits.map(f32::exp);
    let naive = steps::softmax_as_written(&logits);
    say!(
        "as written    exp {} {}, softmax {} {}, losses {} {}",
        exps[0],
        exps[1],
        naive[0],
        naive[1],
        -naive[0].ln(),
        -naive[1].ln()
    );
    let tensor = Tensor::new(&[1, 2], logits.to_vec())?;
    let stable =
        |label| Ok::<_, Error>(nn::softmax_cross_entropy(&Var::constant(tensor.clone()), &[label])?.value().data()[0]);
    say!("less the max  losses {} {}\n", stable(0)?, stable(1)?);
    Ok(())
}

pub fn costs() -> Result<()> {
    say!("Multiplications for one image, forward:\n");
    let spec = ConvSpec::<2>::default();
    let linear = |inputs: usize, outputs: usize| Cost {
        parameters: (inputs * outputs) as u128,
        multiplies: (inputs * outputs) as u128,
        elements: (inputs + outputs + inputs * outputs) as u128,
    };
    let layers = [
        ("c1", spec.resolve(&[1, 1, 28, 28], PARAMETERS[0].1)?.cost()),
        ("c3", spec.resolve(&[1, 6, 14, 14], PARAMETERS[2].1)?.cost()),
        ("l5", linear(400, 120)),
        ("l6", linear(120, 84)),
        ("l7", linear(84, 10)),
    ];
    let total = layers.iter().map(|(_, cost)| cost.multiplies).sum::<u128>();
    let weights = layers.iter().map(|(_, cost)| cost.parameters).sum::<u128>();
    say!("layer  weights  of all  multiplications  of all");
    let percent = |part: u128, all: u128| format!("{:.0}%", 100.0 * part as f64 / all as f64);
    for (name, cost) in layers {
        let (w, m) = (cost.parameters, cost.multiplies);
        say!("{name:5} {:>8}  {:>6} {:>16}  {:>6}", thousands(w), percent(w, weights), thousands(m), percent(m, total));
    }
    say!("all   {:>8}          {:>16}\n", thousands(weights), thousands(total));
    Ok(())
}

pub fn saved() -> Result<()> {
    let network = LeNet::new(Cpu, Rc::new(ch02_im2col::Fused), &mut init::rng(1))?;
    let bytes = safetensors::to_bytes(&network.named()?)?;
    let (length, rest) = bytes.split_first_chunk().expect("the length of the header");
    let length = u64::from_le_bytes(*length) as usize;
    let header = String::from_utf8_lossy(&rest[..length]).into_owned();
    say!("A saved network: 8 bytes, which say {length}; then a header of {length} bytes; then the numbers.\n");
    for entry in header.trim_end().split_inclusive("},").take(3) {
        say!("{entry}");
    }
    say!(
        "...\n\n{} bytes, and 4 · 61,706 + 8 + {length} are {}.",
        thousands(bytes.len() as u64),
        thousands(246_824 + 8 + length as u64)
    );
    Ok(())
}
