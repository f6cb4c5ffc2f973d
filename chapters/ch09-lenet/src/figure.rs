//! A figure of one digit's way through the network.

use crate::idx::{Dataset, Images, SIDE};
use crate::network::LeNet;
use crate::train;
use unrolled::nn::{self, Device};
use unrolled::svg::Svg;
use unrolled::{ChannelBias, Result, Tensor, Var, no_grad};

/// The maps that the convolutions and poolings make of a 28 × 28 image, and the probabilities in the
/// end, as an SVG file.
///
/// # Errors
/// If there aren't 28 × 28 pixels, or the device fails.
pub fn journey<V: ChannelBias + 'static, D: Device<V>>(network: &LeNet<V, D>, pixels: &[u8]) -> Result<String> {
    let one = Dataset { images: Images { rows: SIDE, cols: SIDE, pixels: pixels.into() }, labels: vec![0] };
    let (image, _) = train::batch(network.device(), &one, &[0])?;
    let (features, logits) = no_grad(|| Ok((network.features(&image)?, network.forward(&image)?)))?;
    let download = |var: &Var<V>| network.device().download(&var.value());
    let [c1, s2, c3, s4] = &features;
    let logits = download(&logits)?;
    let probabilities = nn::softmax(&logits)?;
    let best = nn::argmax(&logits)?[0];

    let title = format!("A digit on its way through LeNet, which takes it for a {best}");
    let description = "From left to right: the image, six feature maps of the first convolution, the same averaged, \
        sixteen of the second convolution, the same averaged, and a bar for the probability of each digit.";
    let mut svg = Svg::new(820.0, 312.0, &title, description);
    // Each layer: its name, what it does, its maps, how many of them in a row, a pixel's size, and where.
    maps(&mut svg, ["image", ""], &download(&image)?, 1, 4.0, 20.0);
    maps(&mut svg, ["c1", "convolution"], &download(c1)?, 2, 3.0, 156.0);
    maps(&mut svg, ["s2", "averages"], &download(s2)?, 2, 3.0, 332.0);
    maps(&mut svg, ["c3", "convolution"], &download(c3)?, 4, 3.0, 446.0);
    maps(&mut svg, ["s4", "averages"], &download(s4)?, 4, 4.0, 610.0);
    label(&mut svg, ["l5 l6 l7", "linear"], 764.0);
    for (class, &p) in probabilities.data().iter().enumerate() {
        let y = 30.0 + 22.0 * class as f64;
        svg.text("code", [734.0, y + 8.0], class);
        let kind = if class == best { "result" } else { "cell" };
        svg.rect(kind, [744.0, y], [(f64::from(p) * 560.0).round() / 10.0 + 1.0, 16.0]);
    }
    Ok(svg.finish())
}

/// The kernels of the first convolution, and under each of them the map that it makes of a 28 × 28 image.
///
/// # Errors
/// As [`journey`].
pub fn kernels<V: ChannelBias + 'static, D: Device<V>>(network: &LeNet<V, D>, pixels: &[u8]) -> Result<String> {
    let one = Dataset { images: Images { rows: SIDE, cols: SIDE, pixels: pixels.into() }, labels: vec![0] };
    let (image, _) = train::batch(network.device(), &one, &[0])?;
    let [c1, ..] = no_grad(|| network.features(&image))?;
    let map = network.device().download(&c1.value())?;
    let weight = network.device().download(&network.parameters()[0].value())?;
    let description = "Above, six kernels of 5 by 5 numbers, black the most negative, white the most positive, grey zero. \
        Below, what each of them makes of the same digit.";
    let mut svg = Svg::new(760.0, 268.0, "What the first layer of LeNet has learned", description);
    let largest = weight.data().iter().fold(f32::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
    let brightest = map.data().iter().fold(f32::MIN_POSITIVE, |largest, &x| largest.max(x));
    for (k, (kernel, map)) in weight.data().chunks(25).zip(map.data().chunks(24 * 24)).enumerate() {
        let x = 26.0 + 120.0 * k as f64;
        let shades: Vec<f32> = kernel.iter().map(|w| w + largest).collect(); // 0 becomes a middle grey
        svg.picture([x + 4.0, 24.0], &shades, 5, 20.0, 2.0 * largest);
        svg.picture([x + 6.0, 138.0], map, 24, 4.0, brightest);
        svg.text("small soft", [x + 54.0, 250.0], format!("c1, channel {k}"));
    }
    Ok(svg.finish())
}

/// The maps of a layer `[1, C, H, W]`, `columns` in a row, centred upright.
fn maps(svg: &mut Svg, name: [&str; 2], layer: &Tensor, columns: usize, pixel: f64, left: f64) {
    const GAP: f64 = 8.0;
    let &[_, count, h, w] = layer.shape() else { unreachable!("layers of maps have four axes") };
    let (width, height) = (w as f64 * pixel, h as f64 * pixel);
    let rows = count.div_ceil(columns) as f64;
    let top = 138.0 - (rows * (height + GAP) - GAP) / 2.0;
    let largest = layer.data().iter().fold(f32::MIN_POSITIVE, |largest, &x| largest.max(x));
    for (i, map) in layer.data().chunks(h * w).enumerate() {
        let place = [left + (i % columns) as f64 * (width + GAP), top + (i / columns) as f64 * (height + GAP)];
        svg.picture(place, map, w, pixel, largest);
    }
    let width = columns as f64 * (width + GAP) - GAP;
    let size = if count == 1 { format!("{h} × {w}") } else { format!("{count} × {h} × {w}") };
    svg.text("small soft", [left + width / 2.0, 300.0], size);
    label(svg, name, left + width / 2.0);
}

/// What a layer is called, and what it does.
fn label(svg: &mut Svg, [name, what]: [&str; 2], x: f64) {
    svg.text("", [x, 268.0], name).text("small soft", [x, 285.0], what);
}
