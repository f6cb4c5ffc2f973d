//! The lesson: LeNet with its second convolution replaced, on the MNIST of chapter 9.

use crate::suited::Suited;
use ch09_lenet::idx::{self, Dataset, SIDE, Split};
use ch09_lenet::network::LeNet;
use ch09_lenet::progress::{Progress, human};
use ch09_lenet::train::{self, Step};
use ch10_separable::{cost, depthwise, depthwise_separable, flattened, spatial, spatially_separable};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};
use unrolled::init::{self, Rng};
use unrolled::nn::Cpu;
use unrolled::optim::Adam;
use unrolled::simd::Isa;
use unrolled::text::thousands;
use unrolled::{ConvSpec, Error, Result, Tensor, Var, conv, parallel, say};

const BATCH: usize = 32;

/// What comes to LeNet's second convolution, of one image.
const INPUT: [usize; 4] = [1, 6, 14, 14];

/// What takes the place of LeNet's second convolution, 6 -> 16 channels, 5 × 5.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Dense,
    /// With as many channels in the middle as there are at the input.
    Spatial,
    Depthwise,
    Flattened,
}

impl Form {
    const ALL: [(Self, &str); 4] = [
        (Self::Dense, "dense"),
        (Self::Spatial, "spatially separable"),
        (Self::Depthwise, "depthwise separable"),
        (Self::Flattened, "flattened"),
    ];

    fn weight_shapes(self) -> Vec<&'static [usize]> {
        match self {
            Self::Dense => vec![&[16, 6, 5, 5]],
            Self::Spatial => vec![&[6, 6, 5, 1], &[16, 6, 1, 5]],
            Self::Depthwise => vec![&[6, 1, 5, 5], &[16, 6, 1, 1]],
            Self::Flattened => vec![&[16, 6, 1, 1], &[16, 1, 5, 1], &[16, 1, 1, 5]],
        }
    }

    fn steps(self) -> Result<Vec<ConvSpec<2>>> {
        let spec = ConvSpec::default();
        Ok(match self {
            Self::Dense => vec![spec],
            Self::Spatial => spatial::steps(&spec)?.to_vec(),
            Self::Depthwise => depthwise::steps(&spec, 6)?.to_vec(),
            Self::Flattened => flattened::steps(&spec, 16)?.to_vec(),
        })
    }

    // ANCHOR: layer
    fn layer(self, x: &Var<Tensor>, weights: &[Var<Tensor>], bias: &Var<Tensor>) -> Result<Var<Tensor>> {
        let (spec, bias) = (ConvSpec::default(), Some(bias));
        match (self, weights) {
            (Self::Dense, [w]) => conv(&Suited, &spec, x, w, bias),
            (Self::Spatial, [column, row]) => spatially_separable(&Suited, &spec, x, [column, row], bias),
            (Self::Depthwise, [each, point]) => depthwise_separable(&Suited, &spec, x, [each, point], bias),
            (Self::Flattened, [c, v, h]) => flattened(&Suited, &spec, x, [c, v, h], bias),
            _ => unreachable!("as many weights as `weight_shapes` has"),
        }
    }
    // ANCHOR_END: layer
}

/// What came of one network.
struct Row {
    /// Of the whole network, biases included.
    parameters: u64,
    /// Share of the test images that it reads right, for each seed.
    accuracy: Vec<f64>,
    /// Of one batch, forward, backward and Adam: the median.
    time: Duration,
}

/// The options of the lesson.
pub struct Lesson {
    pub epochs: usize,
    /// The first.
    pub seed: u64,
    /// How many.
    pub seeds: u64,
    pub limit: Option<usize>,
    pub data: PathBuf,
}

impl Lesson {
    pub fn run(&self) -> Result<()> {
        if self.epochs == 0 {
            return Err(Error::argument("--epochs", 0, "a whole number, at least 1"));
        }
        if self.seeds == 0 || self.seed.checked_add(self.seeds).is_none() {
            return Err(Error::argument("--seeds", self.seeds, "a whole number, at least 1"));
        }
        let seeds: Vec<u64> = (self.seed..self.seed + self.seeds).collect();
        let (mut data, test) = (idx::load(&self.data, Split::Train)?, idx::load(&self.data, Split::Test)?);
        let images = data.images.len().min(self.limit.unwrap_or(usize::MAX));
        if images < BATCH {
            return Err(Error::argument("training images", images, format!("at least one batch, {BATCH}")));
        }
        data.images.pixels.truncate(images * SIDE * SIDE);
        data.labels.truncate(images);

        say!("LeNet on MNIST, its second convolution (6 -> 16 channels, 5x5) replaced by each form.");
        let machine = format!("{} thread(s), {}", parallel::threads(), Isa::current().name());
        let [images, tests] = [images, test.images.len()].map(|n| thousands(n as u64));
        say!("{images} training and {tests} test images, {machine},");
        let list = seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        say!("{} epoch(s), batches of {BATCH}, Adam at 0.001, seed {list}\n", self.epochs);
        let (mut rows, mut done_before) = (Vec::new(), 0.0);
        let (start, networks) = (Instant::now(), (Form::ALL.len() * seeds.len()) as f64);
        for (form, name) in Form::ALL {
            let mut row = Row { parameters: 0, accuracy: Vec::new(), time: Duration::MAX };
            for &seed in &seeds {
                let name = if seeds.len() == 1 { name.to_owned() } else { format!("{name}, seed {seed}") };
                let text = |epoch: usize, step: Step| {
                    let part = (epoch as f64 + step.done as f64 / step.batches as f64) / self.epochs as f64;
                    let left = human(start.elapsed().mul_f64(networks / (done_before + part) - 1.0));
                    let (epoch, epochs, Step { done, batches, loss }) = (epoch + 1, self.epochs, step);
                    format!("{name}, epoch {epoch}/{epochs}, batch {done}/{batches}, loss {loss:.4}, {left} left")
                };
                let one = self.train(form, seed, &name, &data, &test, text)?;
                row.accuracy.extend(one.accuracy);
                row = Row { parameters: one.parameters, time: row.time.min(one.time), ..row };
                done_before += 1.0;
            }
            rows.push(row);
        }

        let columns =
            |text: &dyn Fn(u64) -> String| seeds.iter().map(|&s| format!(" {:>9}", text(s))).collect::<String>();
        let above = columns(&|seed| if seeds.len() == 1 { "test".to_owned() } else { format!("seed {seed}") });
        say!("\n                         weights  multiplications  parameters{above}    ms a");
        say!(
            "c3 is                      of c3     of an image      in all{}   batch",
            columns(&|_| "accuracy".to_owned())
        );
        for ((form, name), Row { parameters, accuracy, time }) in Form::ALL.into_iter().zip(rows) {
            let c3 = cost(&form.steps()?, &INPUT, &form.weight_shapes())?;
            let [weights, multiplies] = [c3.parameters, c3.multiplies].map(thousands);
            let (all, ms) = (thousands(parameters), time.as_secs_f64() * 1e3);
            let accuracy: String = accuracy.iter().map(|accuracy| format!(" {accuracy:9.4}")).collect();
            say!("{name:20} {weights:>12} {multiplies:>16} {all:>11}{accuracy} {ms:7.3}");
        }
        Ok(())
    }

    fn train(
        &self,
        form: Form,
        seed: u64,
        name: &str,
        data: &Dataset,
        test: &Dataset,
        text: impl Fn(usize, Step) -> String,
    ) -> Result<Row> {
        // ANCHOR: train
        // The same seed, so the rest of the network and the order of the images are the same for each form.
        let mut rng = init::rng(seed);
        let lenet = LeNet::new(Cpu, Rc::new(Suited), &mut rng)?;
        let [c1, c1_bias, c3, c3_bias, linear @ ..] = lenet.parameters() else { unreachable!("LeNet has ten") };
        let weights = if form == Form::Dense { vec![c3.clone()] } else { Self::weights(form, seed)? };
        let parameters: Vec<_> = [c1, c1_bias, c3_bias].into_iter().chain(linear).chain(&weights).cloned().collect();
        let network = |images: &Var<Tensor>| lenet.forward_with(images, |s2| form.layer(s2, &weights, c3_bias));

        let count = parameters.iter().map(|p| p.value().len() as u64).sum();

        let (mut adam, mut progress) = (Adam::new(parameters, 0.001)?, Progress::start());
        let (mut accuracy, mut times) = (0.0, Vec::new());
        for epoch in 0..self.epochs {
            let mut start = Instant::now();
            let report = |step| {
                times.push(start.elapsed());
                progress.show(|| text(epoch, step));
                start = Instant::now();
            };
            let result = train::epoch(&Cpu, network, &mut adam, data, BATCH, &mut rng, report)?;
            accuracy = train::test(&Cpu, network, test, |_| ())?;
            progress.clear();
            say!("{name}, epoch {}: loss {:.4}, test accuracy {accuracy:.4}", epoch + 1, result.loss);
        }
        // ANCHOR_END: train
        times.sort();
        Ok(Row { parameters: count, accuracy: vec![accuracy], time: times[times.len() / 2] })
    }

    /// Initial weights of a form.
    fn weights(form: Form, seed: u64) -> Result<Vec<Var<Tensor>>> {
        let mut rng: Rng = init::rng(seed.wrapping_add(1)); // not the numbers of c1
        form.weight_shapes().into_iter().map(|shape| Ok(Var::parameter(init::weight(shape, &mut rng)?))).collect()
    }
}
