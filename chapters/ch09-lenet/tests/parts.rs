//! The small parts: batches, epochs, drawings, and times as people say them.

use ch09_lenet::draw::{bars, digit};
use ch09_lenet::idx::{Dataset, Images, SIDE};
use ch09_lenet::network::LeNet;
use ch09_lenet::progress::human;
use ch09_lenet::train::{self, batch};
use std::rc::Rc;
use std::time::Duration;
use unrolled::init;
use unrolled::nn::Cpu;
use unrolled::optim::Adam;

/// Image i is of the grey 10 i, and has the label i.
fn greys(n: u8) -> Dataset {
    let pixels = (0..n).flat_map(|i| [10 * i; SIDE * SIDE]).collect();
    Dataset { images: Images { rows: SIDE, cols: SIDE, pixels }, labels: (0..n).collect() }
}

#[test]
fn a_batch_has_the_images_it_is_asked_for() {
    let mut data = greys(10);
    data.images.pixels[3 * SIDE * SIDE + 29] = 255;
    let (images, labels) = batch(&Cpu, &data, &[7, 3, 7]).unwrap();
    assert_eq!(labels, [7, 3, 7]);
    assert!(!images.needs_grad());
    let images = images.value();
    assert_eq!(images.shape(), [3, 1, SIDE, SIDE]);
    for (i, image) in images.data().chunks(SIDE * SIDE).enumerate() {
        let grey = [70.0, 30.0, 70.0][i] / 255.0;
        for (place, &x) in image.iter().enumerate() {
            assert_eq!(x, if (i, place) == (1, 29) { 1.0 } else { grey });
        }
    }
    for i in [10, usize::MAX] {
        let e = batch(&Cpu, &data, &[i]).unwrap_err().to_string();
        assert_eq!(e, format!("index: got {i}, expected below 10, the number of images"));
    }
    assert_eq!(batch(&Cpu, &data, &[]).unwrap().0.value().shape(), [0, 1, SIDE, SIDE]);
}

#[test]
fn an_epoch_drops_what_does_not_fill_a_batch() {
    let mut rng = init::rng(5);
    let network = LeNet::new(Cpu, Rc::new(ch02_im2col::Fused), &mut rng).unwrap();
    let mut adam = Adam::new(network.parameters().to_vec(), 0.001).unwrap();
    let data = greys(10);
    let mut steps = Vec::new();
    let mut epoch =
        |size| train::epoch(&Cpu, |x| network.forward(x), &mut adam, &data, size, &mut rng, |step| steps.push(step));
    let result = epoch(4).unwrap();
    for size in [0, 11] {
        let e = epoch(size).unwrap_err().to_string();
        assert_eq!(e, format!("batch: got {size}, expected 1 to the 10 training images"));
    }
    assert_eq!(steps.iter().map(|step| (step.done, step.batches)).collect::<Vec<_>>(), [(1, 2), (2, 2)]);
    assert_eq!(result.loss, (steps[0].loss + steps[1].loss) / 2.0);
    assert_eq!((result.accuracy * 8.0).fract(), 0.0);
    assert!(result.time > Duration::ZERO);
}

#[test]
fn a_test_counts_every_image() {
    // 260 images: a batch of 250, and 10. An untrained network calls equal images the same.
    let network = LeNet::new(Cpu, Rc::new(ch02_im2col::Fused), &mut init::rng(5)).unwrap();
    let mut data = greys(1);
    data.images.pixels = data.images.pixels.repeat(260);
    let accuracies: Vec<f64> = (0..10)
        .map(|class| {
            data.labels = vec![class; 260];
            data.labels[255] = (class + 1) % 10;
            train::test(&Cpu, |x| network.forward(x), &data, |_| ()).unwrap()
        })
        .collect();
    assert!((accuracies.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(accuracies.iter().any(|accuracy| (accuracy - 259.0 / 260.0).abs() < 1e-12));
    assert!(accuracies.iter().any(|accuracy| (accuracy - 1.0 / 260.0).abs() < 1e-12));
}

#[test]
fn draws_a_digit() {
    let mut pixels = [0; SIDE * SIDE];
    assert_eq!(digit(&pixels), "");
    // Two rows are a line: the mean of 255 and 0 is a middle grey.
    for (x, grey) in [(1, 255), (2, 200), (3, 110), (4, 60), (6, 255)] {
        pixels[10 * SIDE + x] = grey;
        pixels[11 * SIDE + x] = if x == 6 { 0 } else { grey };
        pixels[15 * SIDE + 27] = 255;
    }
    assert_eq!(digit(&pixels), format!(" █▓▒░ ▒\n\n{}▒", " ".repeat(27)));
    assert_eq!(digit(&[255; SIDE * SIDE]), vec!["█".repeat(SIDE); SIDE / 2].join("\n"));
}

#[test]
fn draws_bars() {
    let drawn = bars(&[0.5, 0.25, 0.0, 0.01, 1.0]);
    let lines = [
        format!("0 0.5000 {}", "█".repeat(20)),
        format!("1 0.2500 {}", "█".repeat(10)),
        "2 0.0000".into(),
        "3 0.0100".into(),
        format!("4 1.0000 {} <", "█".repeat(40)),
    ];
    assert_eq!(drawn, lines.join("\n"));
    assert_eq!(bars(&[f32::NAN]), "0 NaN"); // no bar, and not the best
}

#[test]
fn says_times_as_people_do() {
    let times = [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (7800, "2 h 10 min"),
        (360_000, "100 h 00 min"),
    ];
    for (seconds, text) in times {
        assert_eq!(human(Duration::from_millis(seconds * 1000 + 400)), text);
    }
}
