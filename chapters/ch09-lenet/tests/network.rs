//! The network against PyTorch's, number by number, and against what is said about it.

use ch09_lenet::idx::{Dataset, Images, SIDE};
use ch09_lenet::network::{LeNet, PARAMETERS, SUMMARY};
use ch09_lenet::train;
use std::rc::Rc;
use unrolled::nn::{self, Cpu};
use unrolled::optim::Adam;
use unrolled::{Tensor, Var, init};

type Named = Vec<(String, Tensor)>;

/// Numbers from −1 to 1 with no pattern to speak of, the same in every language: `(7919 i +
/// 104729 p) mod 2003 / 1001 − 1` for number `i` of parameter `p`, times 3/√fan_in.
fn parameters() -> Named {
    let mut fan_in = 1;
    let tensor = |(p, (name, shape)): (usize, (&str, &[usize]))| {
        if shape.len() > 1 {
            fan_in = shape[1..].iter().product(); // a bias has that of its weight
        }
        let bound = 3.0 / (fan_in as f64).sqrt();
        let number = |i: usize| ((((i * 7919 + p * 104_729) % 2003) as f64 / 1001.0 - 1.0) * bound) as f32;
        (name.to_string(), Tensor::from_fn(shape, number).unwrap())
    };
    PARAMETERS.into_iter().enumerate().map(tensor).collect()
}

fn network() -> LeNet {
    LeNet::from_named(Cpu, Rc::new(ch02_im2col::Fused), parameters()).unwrap()
}

/// Three discs with a texture, again in whole numbers.
fn images() -> Dataset {
    let pixel = |n: usize, y: usize, x: usize| {
        let (dy, dx) = (y.abs_diff(9 + 5 * n), x.abs_diff(14));
        let inside = dy * dy + dx * dx < 60 + 90 * n;
        if inside { ((n * 83 + y * y * (n + 1) + x * (3 + 5 * n)) % 256) as u8 } else { 0 }
    };
    let places = 0..3 * SIDE * SIDE;
    let pixels = places.map(|i| pixel(i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE)).collect();
    Dataset { images: Images { rows: SIDE, cols: SIDE, pixels }, labels: vec![0, 3, 6] }
}

/// All of `got` within a ten-thousandth of `expected`, in units of the largest number there.
#[track_caller]
fn assert_close(got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    let scale = expected.iter().fold(0.0, |scale: f64, x| scale.max(x.abs()));
    for (got_x, x) in got.iter().zip(expected) {
        assert!((got_x - x).abs() <= 1e-4 * scale, "{got:?}\n{expected:?}");
    }
}

fn f64s(t: &Tensor) -> Vec<f64> {
    t.data().iter().map(|&x| f64::from(x)).collect()
}

// Everything below that is a long number was computed by PyTorch 2.15 in float64.

#[rustfmt::skip]
const LOGITS: [f64; 30] = [
    -0.3698288, -0.417403, -1.038188, -0.6604232, 0.05043771, 0.08389536, 0.3653636, 1.251116, 0.6369615, -0.890372,
    -0.5938303, 0.1263753, -0.9781014, -0.8837815, -0.08795857, -0.1485476, -0.0707205, 0.9761838, 1.145049, -1.003315,
    -0.616335, 0.01241065, -0.8445345, -0.9074229, -0.1205929, -0.07026575, -0.2401303, 0.7872214, 1.253263, -0.8892376,
];

const LOSS: f64 = 2.9268578;

/// Of each parameter's gradient g: its length, and ⟨g, w⟩ with wᵢ = (37 i mod 101) / 50 − 1, which no
/// gradient with two numbers in each other's place would meet.
const GRADIENTS: [[f64; 2]; 10] = [
    [0.8414561, -0.3246255],
    [0.3480329, 0.327818],
    [2.222959, 0.4315733],
    [0.7865105, -0.1744034],
    [5.884426, -1.236373],
    [0.9128179, -0.116784],
    [2.166905, -0.6109522],
    [0.7186742, -0.03888463],
    [1.996428, 0.435735],
    [0.6083658, 0.9501844],
];

/// The loss before each of six steps of Adam with a rate of 0.001.
const LOSSES: [f64; 6] = [2.926858, 2.246542, 1.901617, 1.679971, 1.472705, 1.282847];

#[test]
fn computes_what_pytorch_computes() {
    let network = network();
    let (images, labels) = train::batch(&Cpu, &images(), &[0, 1, 2]).unwrap();
    let logits = network.forward(&images).unwrap();
    assert_close(&f64s(&logits.value()), &LOGITS);

    let loss = nn::softmax_cross_entropy(&logits, &labels).unwrap();
    assert_close(&f64s(&loss.value()), &[LOSS]);
    loss.backward().unwrap();
    for ((parameter, (name, _)), expected) in network.parameters().iter().zip(PARAMETERS).zip(GRADIENTS) {
        let g = f64s(&parameter.grad().unwrap_or_else(|| panic!("{name} has no gradient")));
        let length = g.iter().map(|g| g * g).sum::<f64>().sqrt();
        let along = g.iter().enumerate().map(|(i, g)| g * ((i * 37 % 101) as f64 / 50.0 - 1.0)).sum();
        assert_close(&[length, along], &expected);
    }
    assert!(images.grad().is_none());
}

#[test]
fn learns_as_pytorch_does() {
    let network = network();
    let (images, mut rng) = (images(), init::rng(1));
    let mut adam = Adam::new(network.parameters().to_vec(), 0.001).unwrap();
    // An epoch of one batch is a step, and the order within a batch makes no difference.
    let mut step = || train::epoch(&Cpu, |x| network.forward(x), &mut adam, &images, 3, &mut rng, |_| ()).unwrap().loss;
    assert_close(&LOSSES.map(|_| step()), &LOSSES);
}

#[test]
fn the_summary_says_what_the_network_does() {
    // The linear layers once more, one by one, to see what is between them. That they are the
    // network's is certain: the same numbers come out in the end.
    let network = network();
    let p = network.parameters();
    let (x, _) = train::batch(&Cpu, &images(), &[0, 1, 2]).unwrap();
    let [c1, s2, c3, s4] = network.features(&x).unwrap();
    let flat = nn::flatten(&s4).unwrap();
    let l5 = nn::relu(&nn::linear(&flat, &p[4], Some(&p[5])).unwrap()).unwrap();
    let l6 = nn::relu(&nn::linear(&l5, &p[6], Some(&p[7])).unwrap()).unwrap();
    let l7 = nn::linear(&l6, &p[8], Some(&p[9])).unwrap();
    assert_eq!(l7.value(), network.forward(&x).unwrap().value());

    let shape =
        |var: &Var<Tensor>| format!("[N, {}]", format!("{:?}", &var.value().shape()[1..]).replace(['[', ']'], ""));
    let layers =
        [("c1", c1), ("s2", s2), ("c3", c3), ("s4", s4), ("flatten", flat), ("l5", l5), ("l6", l6), ("l7", l7)];
    let lines: Vec<&str> = SUMMARY.lines().collect();
    assert!(lines[0].starts_with("    c1") && lines[0].contains(&format!("{} -> ", shape(&x))));
    assert_eq!(lines.len(), layers.len() + 1);
    let len = |shape: &[usize]| shape.iter().product::<usize>();
    let mut total = 0;
    for ((name, value), line) in layers.iter().zip(&lines) {
        assert_eq!(line.split_whitespace().next(), Some(*name));
        let (_, after) = line.rsplit_once("-> ").unwrap();
        let (found, count) = after.split_at(after.find(']').unwrap() + 1);
        assert_eq!(found, shape(value), "{name}");
        let own = PARAMETERS.iter().filter(|(parameter, _)| parameter.split('.').next() == Some(*name));
        let own: usize = own.map(|(_, shape)| len(shape)).sum();
        assert_eq!(count.replace(',', "").trim().parse().unwrap_or(0), own, "{name}");
        total += own;
        // "1 -> 6, 5x5", "ReLU"
        if let Some((_, shape)) = PARAMETERS.iter().find(|(parameter, _)| parameter == &format!("{name}.0.weight")) {
            assert!(line.contains("ReLU"));
            if let [k, c, r, s] = shape {
                assert!(line.contains(&format!("{c} -> {k}, {r}x{s}")));
            }
        }
    }
    assert!(!lines[7].contains("ReLU"));
    assert_eq!(total, 61_706);
    assert!(lines[8].trim_start().starts_with("parameters") && lines[8].ends_with(" 61,706"));
}

#[test]
fn a_new_network_is_as_pytorch_begins_one() {
    let network = LeNet::new(Cpu, Rc::new(ch02_im2col::Fused), &mut init::rng(3)).unwrap();
    let named = network.named().unwrap();
    let names: Vec<_> = named.iter().map(|(name, tensor)| (name.as_str(), tensor.shape())).collect();
    assert_eq!(names, PARAMETERS);
    // Each reaches to nearly ±1/√fan_in, a bias to that of its weight, and no farther.
    let fan_in = [25, 25, 150, 150, 400, 400, 120, 120, 84, 84].map(|n| n as f32);
    for ((name, tensor), fan_in) in named.iter().zip(fan_in) {
        let largest = tensor.data().iter().fold(0.0, |largest: f32, x| largest.max(x.abs())) * fan_in.sqrt();
        let few = tensor.len() < 20;
        assert!(largest <= 1.0 && largest > if few { 0.4 } else { 0.9 }, "{name}: {largest}");
    }
}

#[test]
fn refuses_the_parameters_of_another_network() {
    let refuse = |named| match LeNet::from_named(Cpu, Rc::new(ch02_im2col::Fused), named) {
        Err(e) => e.to_string(),
        Ok(_) => panic!("taken"),
    };
    let mut shuffled = parameters();
    shuffled.reverse();
    let shuffled = LeNet::from_named(Cpu, Rc::new(ch02_im2col::Fused), shuffled).unwrap();
    assert_eq!(shuffled.named().unwrap(), parameters());

    let change = |f: &dyn Fn(&mut Named)| {
        let mut named = parameters();
        f(&mut named);
        refuse(named)
    };
    assert!(change(&|p| drop(p.pop())).ends_with("expected LeNet's, and l7.bias among them"));
    assert!(change(&|p| p[3].0 = "c3.bias".into()).ends_with("expected LeNet's, and c3.0.bias among them"));
    let more = |p: &mut Named| p.push(("l8.bias".into(), Tensor::zeros(&[1]).unwrap()));
    assert_eq!(change(&more), r#"parameters: got "l8.bias", expected LeNet's ten and no others"#);
    let transposed = |p: &mut Named| p[8].1 = Tensor::zeros(&[84, 10]).unwrap();
    assert_eq!(change(&transposed), "l7.weight: got [84, 10], expected the shape [10, 84]");
    let nan = |p: &mut Named| p[5].1.data_mut()[7] = f32::NAN;
    assert_eq!(change(&nan), "l5.0.bias: got NaN, expected finite numbers");
}

#[test]
fn refuses_images_of_another_size() {
    let images = |shape: &[usize]| Var::constant(Tensor::zeros(shape).unwrap());
    for shape in [&[1, 3, 28, 28][..], &[28, 28], &[1, 1, 4, 4]] {
        network().forward(&images(shape)).unwrap_err();
    }
    assert_eq!(network().forward(&images(&[0, 1, 28, 28])).unwrap().value().shape(), [0, 10]);
}
