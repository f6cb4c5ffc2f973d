//! Trains LeNet-5 on MNIST, tests it, and reads digits with it.

mod machine;
mod program;

use program::{Program, value};
use std::path::Path;
use std::process::ExitCode;
use unrolled::parallel::{self, MAX_THREADS};
use unrolled::{Error, cli};

const USAGE: &str = "\
LeNet on MNIST: trains the network, tests it, and reads digits with it.

Usage: ch09-lenet [train] [options]
       ch09-lenet eval    [--model FILE] [options]
       ch09-lenet predict [--model FILE] (--index N | IMAGE.pgm ...) [options]
       ch09-lenet draw    [--model FILE] --index N --svg FILE [--kernels FILE] [options]

train, the default:
  --epochs N        passes over the training images [20]
  --batch N         images in a batch [32]
  --lr X            learning rate of Adam [0.001]
  --seed N          of the initial weights and the order of the images [1]
  --limit N         use only the first N training images
  --save FILE       where the trained model goes (safetensors) [beside this program]
  --log FILE.tsv    write a row for each epoch: epoch, loss, train_accuracy, test_accuracy, seconds

eval, predict and draw:
  --model FILE      a model that train has saved [where train saves by default]
  --index N         the image of the test set to read, from 0
  IMAGE.pgm         pictures to read: 28 x 28, a white digit on black
  --svg FILE        where to draw the image's way through the network
  --kernels FILE    where to draw the kernels of its first layer, and what they make of the image

all:
  --data DIR        MNIST's four IDX files, plain or gzipped [those of this repository]
  --device NAME     cpu, gpu, or sim, which simulates one on the CPU; these two are built with
                    --features cuda [cpu]
  --algorithm NAME  naive, im2col or winograd [im2col]
  --threads N       [all cores]
  --help

Standard output holds the results, standard error the progress. Exit codes: 0, 1 if something
failed while it ran, 2 for bad input.";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let command = args.command();
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let data = args.value("--data", "a folder with MNIST's four files")?.unwrap_or(built_in);
        let device = args.value("--device", "cpu, gpu or sim")?.unwrap_or("cpu".to_string());
        let algorithm = args.value("--algorithm", "naive, im2col or winograd")?.unwrap_or("im2col".to_string());
        let expected = format!("a whole number from 1 to {MAX_THREADS}");
        if let Some(threads) = value(&mut args, "--threads", &expected, |n| (1..=MAX_THREADS).contains(n))? {
            parallel::set_threads(threads)?;
        }
        match device.as_str() {
            "cpu" => Program { machine: machine::cpu(algorithm)?, data }.run(command, args),
            "gpu" | "sim" => Program { machine: machine::gpu(&device, algorithm)?, data }.run(command, args),
            _ => Err(Error::argument("--device", device, "cpu, gpu or sim")),
        }
    })
}
