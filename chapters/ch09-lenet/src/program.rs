//! The program's four commands, on any device.

use crate::machine::Machine;
use ch09_lenet::idx::{self, Dataset, Images, SIDE, Split};
use ch09_lenet::network::{LeNet, SUMMARY};
use ch09_lenet::progress::{Progress, human};
use ch09_lenet::{draw, figure, pgm, safetensors, train};
use std::fmt::Debug;
use std::path::PathBuf;
use std::rc::Rc;
use std::str::FromStr;
use std::time::Instant;
use unrolled::cli::Args;
use unrolled::nn::{self, Device};
use unrolled::optim::Adam;
use unrolled::text::thousands;
use unrolled::{ChannelBias, Error, Result, Value, Var, files, init, no_grad, say};

/// What every command needs.
pub struct Program<V: Value, D> {
    pub machine: Machine<V, D>,
    /// The folder of MNIST's four files.
    pub data: PathBuf,
}

impl<V: ChannelBias + 'static, D: Device<V> + Clone> Program<V, D> {
    /// Runs a command, `train` if there is none.
    pub fn run(&self, command: Option<String>, args: Args) -> Result<()> {
        match command.as_deref() {
            None | Some("train") => self.train(args),
            Some("eval") => self.eval(args),
            Some("predict") => self.predict(args),
            Some("draw") => self.draw(args),
            Some(other) => Err(Error::argument("command", other, "train, eval, predict or draw (see --help)")),
        }
    }

    fn train(&self, mut args: Args) -> Result<()> {
        let epochs = count(&mut args, "--epochs", 20)?;
        let batch = count(&mut args, "--batch", 32)?;
        let lr = value(&mut args, "--lr", "a number above 0", |&lr: &f64| lr > 0.0 && lr.is_finite())?.unwrap_or(0.001);
        let seed = args.value("--seed", "a whole number, at least 0")?.unwrap_or(1);
        let limit = count(&mut args, "--limit", usize::MAX)?;
        let save = path(&mut args, "--save", "a file's path")?;
        let save = save.map_or_else(default_model, Ok)?;
        let log = path(&mut args, "--log", "a file's path")?;
        args.finish()?;
        if log.as_ref() == Some(&save) {
            return Err(Error::argument("--log", save, "another file than the model's"));
        }
        [Some(&save), log.as_ref()].into_iter().flatten().try_for_each(|path| files::check_writable(path))?;

        let mut rng = init::rng(seed);
        let Machine { device, algorithm, .. } = &self.machine;
        let network = LeNet::new(device.clone(), Rc::clone(algorithm), &mut rng)?;
        let forward = |images: &Var<V>| network.forward(images);
        let mut adam = Adam::on(device.clone(), network.parameters().to_vec(), lr)?;
        let mut data = idx::load(&self.data, Split::Train)?;
        let test = idx::load(&self.data, Split::Test)?;
        if limit < data.images.len() {
            data.images.pixels.truncate(limit * SIDE * SIDE);
            data.labels.truncate(limit);
        }
        if batch > data.images.len() {
            return Err(Error::argument(
                "--batch",
                batch,
                format!("at most the {} training images", data.images.len()),
            ));
        }

        say!("classes:  0 1 2 3 4 5 6 7 8 9");
        let [images, tests] = [&data, &test].map(|data| thousands(data.images.len() as u64));
        say!("data:     {images} training and {tests} test images");
        say!("device:   {}", self.machine.device_name);
        say!(
            "training: {epochs} epoch(s), batches of {batch}, Adam at {lr:?}, seed {seed}, {} convolution",
            self.machine.algorithm_name
        );
        say!("network:\n{SUMMARY}");

        let mut table = String::from("epoch\tloss\ttrain_accuracy\ttest_accuracy\tseconds\n");
        let mut accuracy = 0.0;
        let (start, mut progress) = (Instant::now(), Progress::start());
        for epoch in 1..=epochs {
            let result = train::epoch(device, forward, &mut adam, &data, batch, &mut rng, |step| {
                progress.show(|| {
                    let done = (epoch - 1) * step.batches + step.done;
                    let elapsed = start.elapsed();
                    let left = elapsed.mul_f64((epochs * step.batches - done) as f64 / done as f64);
                    let speed = (done * batch) as f64 / elapsed.as_secs_f64();
                    format!(
                        "epoch {epoch}/{epochs}, batch {}/{}, loss {:.4}, {} images/s, {} left",
                        step.done,
                        step.batches,
                        step.loss,
                        thousands(speed as u64),
                        human(left)
                    )
                });
            })?;
            let (loss, seconds) = (result.loss, result.time.as_secs_f64());
            if !loss.is_finite() {
                // There is no way back from here, and nothing worth keeping.
                return Err(Error::failed(
                    "training",
                    format!("the loss of epoch {epoch} is {loss}; try a smaller --lr"),
                ));
            }
            accuracy = train::test(device, forward, &test, |done| {
                progress.show(|| testing(&format!("epoch {epoch}/{epochs}, "), done, &test));
            })?;
            progress.clear();
            say!(
                "epoch {epoch:2}: loss {loss:.4}, training accuracy {:.4}, test accuracy {accuracy:.4}, {seconds:.2} s",
                result.accuracy
            );
            if let Some(log) = &log {
                // All digits of the loss: two runs that log the same did the same.
                table += &format!("{epoch}\t{loss}\t{:.6}\t{accuracy:.6}\t{seconds:.4}\n", result.accuracy);
                files::write(log, table.as_bytes())?;
            }
        }
        safetensors::save(&save, &network.named()?)?;
        say!("saved {}", save.display());
        say!("test accuracy: {accuracy:.4}");
        Ok(())
    }

    /// Reads the model that `--model` names.
    fn load_model(&self, model: Option<PathBuf>) -> Result<LeNet<V, D>> {
        let (path, hint) = match model {
            Some(path) => (path, ""),
            None => (default_model()?, " (train saves one there; or name one with --model)"),
        };
        let named = safetensors::load(&path).map_err(|e| match e {
            Error::File { path, problem } => Error::File { path, problem: problem + hint },
            e => e,
        })?;
        let Machine { device, algorithm, .. } = &self.machine;
        LeNet::from_named(device.clone(), Rc::clone(algorithm), named).map_err(|e| match e {
            Error::Argument { .. } => Error::file(path, format!("isn't a model of this network: {e}")),
            e => e,
        })
    }

    fn eval(&self, mut args: Args) -> Result<()> {
        let model = path(&mut args, "--model", "a saved model")?;
        args.finish()?;
        let network = self.load_model(model)?;
        let test = idx::load(&self.data, Split::Test)?;
        let mut progress = Progress::start();
        let accuracy = train::test(
            network.device(),
            |images| network.forward(images),
            &test,
            |done| {
                progress.show(|| testing("", done, &test));
            },
        )?;
        progress.clear();
        let n = test.images.len();
        say!("{} of {} test images right", thousands((accuracy * n as f64).round() as u64), thousands(n as u64));
        say!("test accuracy: {accuracy:.4}");
        Ok(())
    }

    /// The label and the pixels of an image of the test set.
    fn test_image(&self, index: usize) -> Result<(u8, Vec<u8>)> {
        let test = idx::load(&self.data, Split::Test)?;
        let Some(&label) = test.labels.get(index) else {
            return Err(Error::argument("--index", index, format!("0 to {}", test.labels.len() - 1)));
        };
        Ok((label, test.images.pixels[index * SIDE * SIDE..][..SIDE * SIDE].to_vec()))
    }

    fn predict(&self, mut args: Args) -> Result<()> {
        let model = path(&mut args, "--model", "a saved model")?;
        let index = args.value::<usize>("--index", "a whole number, at least 0")?;
        let pictures: Vec<PathBuf> = std::iter::from_fn(|| args.positional()).map(PathBuf::from).collect();
        args.finish()?;

        // Each picture with its name, and its label where that is known.
        let mut digits = Vec::new();
        match index {
            Some(index) if pictures.is_empty() => {
                let (label, pixels) = self.test_image(index)?;
                digits.push((format!("test image {index}, a {label}"), pixels));
            }
            None if !pictures.is_empty() => {
                for picture in pictures {
                    digits.push((picture.display().to_string(), pgm::read(&picture)?));
                }
            }
            Some(_) => return Err(Error::argument("--index", "pictures beside it", "either an index or pictures")),
            None => return Err(Error::argument("predict", "no image", "--index N or IMAGE.pgm ...")),
        }
        let network = self.load_model(model)?;
        for (i, (name, pixels)) in digits.into_iter().enumerate() {
            let drawing = draw::digit(&pixels);
            let one = Dataset { images: Images { rows: SIDE, cols: SIDE, pixels }, labels: vec![0] };
            let (image, _) = train::batch(network.device(), &one, &[0])?;
            let logits = network.device().download(&no_grad(|| network.forward(&image))?.value())?;
            if i > 0 {
                say!("");
            }
            say!("{name}\n{drawing}\n{}", draw::bars(nn::softmax(&logits)?.data()));
            say!("prediction: {}", nn::argmax(&logits)?[0]);
        }
        Ok(())
    }

    fn draw(&self, mut args: Args) -> Result<()> {
        let model = path(&mut args, "--model", "a saved model")?;
        let index = args.value("--index", "a whole number, at least 0")?;
        let svg = path(&mut args, "--svg", "a file's path")?;
        let kernels = path(&mut args, "--kernels", "a file's path")?;
        args.finish()?;
        let index = index.ok_or_else(|| Error::argument("draw", "no image", "--index N"))?;
        let svg = svg.ok_or_else(|| Error::argument("draw", "no file to draw into", "--svg FILE"))?;
        [Some(&svg), kernels.as_ref()].into_iter().flatten().try_for_each(|path| files::check_writable(path))?;
        let (_, pixels) = self.test_image(index)?;
        let network = self.load_model(model)?;
        files::write(&svg, figure::journey(&network, &pixels)?)?;
        say!("drew {}", svg.display());
        if let Some(kernels) = kernels {
            files::write(&kernels, figure::kernels(&network, &pixels)?)?;
            say!("drew {}", kernels.display());
        }
        Ok(())
    }
}

/// A flag's value, which must not only be a `T`, but also `right`.
pub fn value<T: FromStr + Debug>(
    args: &mut Args,
    name: &str,
    expected: &str,
    right: impl Fn(&T) -> bool,
) -> Result<Option<T>> {
    match args.value(name, expected)? {
        Some(value) if !right(&value) => Err(Error::argument(name, value, expected)),
        value => Ok(value),
    }
}

/// A flag's value that must be a whole number of at least 1.
fn count(args: &mut Args, name: &str, default: usize) -> Result<usize> {
    Ok(value(args, name, "a whole number, at least 1", |&n| n > 0)?.unwrap_or(default))
}

/// Where `train` saves and the others look, unless they are told otherwise: beside this program.
fn default_model() -> Result<PathBuf> {
    let program = std::env::current_exe().map_err(|e| Error::failed("finding this program's folder", e))?;
    Ok(program.with_file_name("lenet.safetensors"))
}

fn path(args: &mut Args, name: &str, expected: &str) -> Result<Option<PathBuf>> {
    args.value(name, expected)
}

/// How far a test is.
fn testing(epoch: &str, done: usize, data: &Dataset) -> String {
    let [done, all] = [done, data.images.len()].map(|n| thousands(n as u64));
    format!("{epoch}testing, {done} of {all} images")
}
