//! The program as its users meet it: what it prints, what it leaves on the disk, and what it says
//! to bad input.

mod common;

use ch09_lenet::idx::{self, SIDE, Split};
use ch09_lenet::network::{LeNet, PARAMETERS};
use ch09_lenet::{draw, figure, safetensors};
use common::Folder;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::rc::Rc;
use unrolled::Tensor;
use unrolled::nn::Cpu;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ch09-lenet");
const FILES: [&str; 4] =
    ["t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte", "train-images.idx3-ubyte", "train-labels.idx1-ubyte"];

/// Runs the program in `folder`, so that the names of files there can stand as they are.
fn run(folder: &Folder, args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).current_dir(folder.path()).output().expect("the program starts")
}

/// What it printed in a run in which nothing went wrong. A slow machine hears of the progress meanwhile.
#[track_caller]
fn printed(folder: &Folder, args: &[&str]) -> String {
    let output = run(folder, args);
    let error = String::from_utf8(output.stderr).unwrap();
    let progress = error.lines().all(|line| line.ends_with(" left") || line.contains("testing, "));
    assert!(output.status.success() && progress, "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one line without its `error: `, of a run that ends with this code.
#[track_caller]
fn error(code: i32, output: Output) -> String {
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    error.strip_prefix("error: ").expect(&error).trim_end().to_string()
}

/// What it says to bad input. It prints nothing else then.
#[track_caller]
fn refusal(folder: &Folder, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(output.stdout.is_empty(), "{args:?}");
    error(2, output)
}

/// The parameters of a model.
type Named = Vec<(String, Tensor)>;

/// A folder with a small data set: the first 320 training and 200 test images of MNIST.
fn small() -> Folder {
    let folder = Folder::new();
    let mnist = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    for (split, n, names) in [(Split::Test, 200, &FILES[..2]), (Split::Train, 320, &FILES[2..])] {
        let data = idx::load(&mnist, split).unwrap();
        let sizes = [n, SIDE, SIDE].map(|size| (size as u32).to_be_bytes()).concat();
        folder.put(names[0], &[&[0, 0, 8, 3], &sizes[..], &data.images.pixels[..n * SIDE * SIDE]].concat());
        folder.put(names[1], &[&[0, 0, 8, 1], &sizes[..4], &data.labels[..n]].concat());
    }
    folder
}

/// A short training in a folder of [`small`]: the log without its times, and the model.
fn train(folder: &Folder, args: &[&str]) -> (String, Vec<u8>) {
    let fixed = ["train", "--data", ".", "--epochs", "2", "--save", "m", "--log", "l"];
    printed(folder, &[&fixed, args].concat());
    let read = |name| std::fs::read(folder.path().join(name)).unwrap();
    let log = String::from_utf8(read("l")).unwrap();
    let log = log.lines().map(|line| line.rsplit_once('\t').unwrap().0);
    (log.collect::<Vec<_>>().join("\n"), read("m"))
}

/// The simulated GPU learns what the CPU learns; without a GPU, to ask for one is an error.
#[cfg(feature = "cuda")]
#[test]
fn trains_on_the_simulated_gpu() {
    let folder = small();
    let short = ["--limit", "48", "--batch", "8", "--seed", "3"];
    let numbers = |(log, model): (String, Vec<u8>)| {
        let losses = log.lines().skip(1).map(|line| line.split('\t').nth(1).unwrap().parse().unwrap());
        (losses.collect::<Vec<f64>>(), model)
    };
    let (expected, trained) = numbers(train(&folder, &short));
    let (losses, model) = numbers(train(&folder, &[&short[..], &["--device", "sim"]].concat()));
    assert!(losses.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-3), "{losses:?}, not {expected:?}");
    assert_eq!(model.len(), trained.len());

    // Whichever of the two trained a model, both read the same in it.
    let eval = ["eval", "--data", ".", "--model", "m"];
    assert_eq!(printed(&folder, &[&eval[..], &["--device", "sim"]].concat()), printed(&folder, &eval));
    let text =
        printed(&folder, &["train", "--data", ".", "--device", "sim", "--limit", "8", "--batch", "8", "--epochs", "1"]);
    assert!(text.contains("\ndevice:   Simulated GPU (Convolution, Unrolled), "), "{text}");
    let winograd = refusal(&folder, &["--data", ".", "--device", "sim", "--algorithm", "winograd"]);
    assert!(winograd.starts_with(r#"--algorithm: got "winograd", expected naive or im2col"#), "{winograd}");
}

#[test]
fn trains_by_default() {
    // With the data that ships with it; and a program that lies elsewhere saves elsewhere.
    let folder = Folder::new();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ch09-lenet-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let program = home.join(Path::new(PROGRAM).file_name().unwrap());
    std::fs::hard_link(PROGRAM, &program).unwrap();
    let start = |args: &[&str]| Command::new(&program).args(args).current_dir(folder.path()).output().unwrap();

    let eval = error(2, start(&["eval"]));
    assert!(
        eval.contains("lenet.safetensors: ") && eval.ends_with("(train saves one there; or name one with --model)")
    );

    let args =
        ["--limit", "320", "--epochs", "2", "--log", "log.tsv", "--threads", "2", "--seed", "7", "--lr", "0.002"];
    let output = start(&args);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "classes:  0 1 2 3 4 5 6 7 8 9");
    assert_eq!(lines[1], "data:     320 training and 10,000 test images");
    assert!(lines[2].starts_with("device:   CPU, 2 thread(s), "));
    assert_eq!(lines[3], "training: 2 epoch(s), batches of 32, Adam at 0.002, seed 7, im2col convolution");
    assert_eq!(lines[4], "network:");
    assert_eq!(lines[5..14].join("\n"), ch09_lenet::network::SUMMARY);
    assert!(lines[13].ends_with(" 61,706"));
    let model = home.join("lenet.safetensors");
    assert!(lines[16].starts_with("saved ") && lines[16].ends_with("lenet.safetensors"));
    assert_eq!(lines.len(), 18);

    // The log has what was printed, in more digits.
    let log = std::fs::read_to_string(folder.path().join("log.tsv")).unwrap();
    let mut rows = log.lines();
    assert_eq!(rows.next(), Some("epoch\tloss\ttrain_accuracy\ttest_accuracy\tseconds"));
    let rows: Vec<Vec<f64>> = rows.map(|row| row.split('\t').map(|x| x.parse().unwrap()).collect()).collect();
    assert_eq!(rows.len(), 2);
    for (i, row) in rows.iter().enumerate() {
        let [epoch, loss, train, test, seconds] = row[..] else { panic!("{row:?}") };
        assert_eq!(epoch, (i + 1) as f64);
        assert!(loss > 0.5 && loss < 2.4 && seconds > 0.0, "{log}");
        let line = format!("epoch {epoch:2}: loss {loss:.4}, training accuracy {train:.4}, test accuracy {test:.4}, ");
        let time = lines[14 + i].strip_prefix(&line).and_then(|time| time.strip_suffix(" s"));
        // The log's time was rounded as well, to other digits.
        assert!((time.unwrap().parse::<f64>().unwrap() - seconds).abs() < 0.006, "{} and {log}", lines[14 + i]);
    }
    let accuracy = format!("test accuracy: {:.4}", rows[1][3]);
    assert_eq!(lines[17], accuracy);
    assert_eq!(folder.names(), ["log.tsv"]);

    // What was saved is found again, and is as good as it was.
    let text = String::from_utf8(start(&["eval"]).stdout).unwrap();
    assert_eq!(text.lines().last(), Some(&*accuracy));
    assert!(text.ends_with(&format!(" of 10,000 test images right\n{accuracy}\n")), "{text}");

    // PyTorch's names and shapes, in its order.
    let saved = safetensors::load(&model).unwrap();
    let saved: Vec<_> = saved.iter().map(|(name, tensor)| (name.as_str(), tensor.shape())).collect();
    let pytorch: [(&str, &[usize]); 10] = [
        ("c1.0.weight", &[6, 1, 5, 5]),
        ("c1.0.bias", &[6]),
        ("c3.0.weight", &[16, 6, 5, 5]),
        ("c3.0.bias", &[16]),
        ("l5.0.weight", &[120, 400]),
        ("l5.0.bias", &[120]),
        ("l6.0.weight", &[84, 120]),
        ("l6.0.bias", &[84]),
        ("l7.weight", &[10, 84]),
        ("l7.bias", &[10]),
    ];
    assert_eq!(saved, pytorch);
    assert_eq!(saved, PARAMETERS);
    let mut left: Vec<_> = std::fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().path()).collect();
    left.sort();
    assert_eq!(left, [program.clone(), model]);
    std::fs::remove_dir_all(home).unwrap();
}

#[test]
fn the_same_seed_does_the_same_with_any_number_of_threads() {
    let folder = small();
    let (log, model) = train(&folder, &["--seed", "1", "--threads", "1"]);
    for threads in ["1", "2", "3", "7"] {
        let (again, model_again) = train(&folder, &["--threads", threads]);
        assert_eq!(again, log, "{threads} threads");
        assert!(model_again == model, "{threads} threads");
    }
    // Nothing is hidden by the digits that are printed: a mean of f32s over ten batches has more than nine.
    assert!(log.lines().skip(1).any(|row| row.split('\t').nth(1).unwrap().len() > 11), "{log}");

    // The CPU is the device that it runs on anyway.
    assert!(train(&folder, &["--device", "cpu"]) == (log.clone(), model.clone()));

    let (other, other_model) = train(&folder, &["--seed", "2"]);
    assert!(other != log && other_model != model);
    let mut expected = FILES.to_vec();
    expected.extend(["l", "m"]);
    expected.sort();
    assert_eq!(folder.names(), expected);
}

#[test]
fn all_algorithms_learn_the_same() {
    let folder = small();
    let losses = |algorithm| {
        let (log, _) = train(&folder, &["--algorithm", algorithm, "--batch=10", "--limit=80"]);
        let loss = |row: &str| row.split('\t').nth(1).unwrap().parse().unwrap();
        log.lines().skip(1).map(loss).collect::<Vec<f64>>()
    };
    let naive = losses("naive");
    assert!(naive[0] > naive[1] && naive.len() == 2);
    for algorithm in ["im2col", "winograd"] {
        let others = losses(algorithm);
        assert!(naive.iter().zip(&others).all(|(a, b)| (a - b).abs() < 1e-3), "{naive:?} {algorithm} {others:?}");
    }
}

#[test]
fn reads_digits() {
    let folder = small();
    train(&folder, &["--lr=0.005"]);
    let test = idx::load(folder.path(), Split::Test).unwrap();
    let pixels = |i: usize| &test.images.pixels[i * SIDE * SIDE..][..SIDE * SIDE];

    let first = printed(&folder, &["predict", "--model", "m", "--data", ".", "--index", "0"]);
    let rest = first.strip_prefix("test image 0, a 7\n").expect(&first);
    let rest = rest.strip_prefix(&draw::digit(pixels(0))).expect(rest).trim_start_matches('\n');
    let lines: Vec<&str> = rest.lines().collect();
    assert_eq!(lines.len(), 11);
    let mut probabilities = Vec::new();
    for (class, line) in lines[..10].iter().enumerate() {
        let p = line.strip_prefix(&format!("{class} ")).expect(line).split(' ').next();
        probabilities.push(p.unwrap().parse::<f64>().unwrap());
    }
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-3);
    let best = (0..10).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b])).unwrap();
    assert!(lines[best].ends_with(" <"));
    assert_eq!(lines[10], format!("prediction: {best}"));

    // The same digits as pictures, in both forms. No data are needed for these.
    folder.put("a.pgm", &[b"P5\n28 28\n255\n", pixels(0)].concat());
    let text: Vec<String> = pixels(199).iter().map(u8::to_string).collect();
    folder.put("b.pgm", format!("P2 28 28 255\n{}\n", text.join("\n")).as_bytes());
    let last = printed(&folder, &["predict", "--model=m", "--data=.", "--index=199"]);
    let after = |text: &str| text.split_once('\n').unwrap().1.to_string();
    let pictures = printed(&folder, &["predict", "--model", "m", "--data", "missing", "a.pgm", "b.pgm"]);
    assert_eq!(pictures, format!("a.pgm\n{}\nb.pgm\n{}", after(&first), after(&last)));
}

#[test]
fn draws_the_way_of_a_digit() {
    let folder = small();
    train(&folder, &["--lr=0.005"]);
    let args = ["draw", "--model", "m", "--data", ".", "--index", "4", "--svg"];
    assert_eq!(printed(&folder, &[&args[..], &["a.svg"]].concat()), "drew a.svg\n");
    let svg = std::fs::read_to_string(folder.path().join("a.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.len() < 100_000, "{} bytes", svg.len());
    assert_eq!(svg.matches("<g ").count(), 1 + 6 + 6 + 16 + 16);
    assert_eq!(svg.matches(r#"<rect class="result""#).count(), 1);
    assert!(svg.matches(r##"<path fill="#fff""##).count() >= 5); // each layer has its brightest

    // The first map is the image: a path for each shade, of runs of pixels "Mx yhwidthv1h-widthz".
    let test = idx::load(folder.path(), Split::Test).unwrap();
    let pixels = &test.images.pixels[4 * SIDE * SIDE..][..SIDE * SIDE];
    let largest = f32::from(*pixels.iter().max().unwrap());
    let mut drawn = [0; SIDE * SIDE];
    let map = svg.split("<g ").nth(1).unwrap().split("</g>").next().unwrap();
    for path in map.lines().filter_map(|line| line.strip_prefix(r##"<path fill="#"##)) {
        let shade = usize::from_str_radix(&path[..1], 16).unwrap();
        for run in path.split('M').skip(1) {
            let numbers: Vec<usize> = run.split([' ', 'h', 'v', '-']).filter_map(|n| n.parse().ok()).collect();
            let [x, y, width, 1] = numbers[..] else { panic!("{run}") };
            drawn[y * SIDE + x..][..width].fill(shade);
        }
    }
    for (&pixel, shade) in pixels.iter().zip(drawn) {
        assert_eq!((f32::from(pixel) / largest * 15.0).round() as usize, shade);
    }

    printed(&folder, &[&args[..], &["b.svg", "--threads", "1", "--algorithm", "im2col"]].concat());
    assert_eq!(std::fs::read_to_string(folder.path().join("b.svg")).unwrap(), svg);

    let named = safetensors::load(&folder.path().join("m")).unwrap();
    let network = LeNet::from_named(Cpu, Rc::new(ch02_im2col::Fused), named);
    assert!(figure::journey(&network.unwrap(), &[0; 100]).is_err());

    // The kernels: six of them, and six maps.
    let both = printed(&folder, &[&args[..], &["a.svg", "--kernels", "k.svg"]].concat());
    assert_eq!(both, "drew a.svg\ndrew k.svg\n");
    let kernels = std::fs::read_to_string(folder.path().join("k.svg")).unwrap();
    assert!(kernels.starts_with("<svg ") && kernels.ends_with("</svg>\n"));
    assert_eq!((kernels.matches(r#"<rect width="5""#).count(), kernels.matches(r#"<rect width="24""#).count()), (6, 6));

    let before = folder.names();
    assert_eq!(refusal(&folder, &args[..7]), r#"draw: got "no file to draw into", expected --svg FILE"#);
    assert_eq!(refusal(&folder, &["draw", "--svg", "c.svg"]), r#"draw: got "no image", expected --index N"#);
    assert!(refusal(&folder, &[&args[..], &["no/c.svg"]].concat()).starts_with("no/c.svg: can't be written"));
    let far = refusal(&folder, &["draw", "--model=m", "--data=.", "--index=200", "--svg=c.svg"]);
    assert_eq!(far, "--index: got 200, expected 0 to 199");
    assert_eq!(folder.names(), before);
}

#[test]
fn flags_are_read_before_anything_is_done() {
    // There are no data: whatever is found wrong before them is found before any work.
    let folder = Folder::new();
    let missing = "missing: is not a folder, and must be the one with the data";
    let refuse = |args: &[&str]| refusal(&folder, &[args, &["--data", "missing"]].concat());
    assert_eq!(refuse(&["--save", "m"]), missing);

    let whole = "expected a whole number, at least 1";
    for flag in ["--epochs", "--batch", "--limit"] {
        assert_eq!(refuse(&[flag, "0"]), format!("{flag}: got 0, {whole}"));
        for value in ["-1", "1.5", "many", "99999999999999999999999", ""] {
            assert_eq!(refuse(&[flag, value]), format!("{flag}: got {value:?}, {whole}"));
        }
        assert_eq!(refuse(&["--save", "m", flag]), format!("{flag}: got no value, {whole}"));
    }
    let threads = "expected a whole number from 1 to 64";
    for (value, got) in [("0", "0"), ("65", "65"), ("-1", "\"-1\""), ("two", "\"two\"")] {
        for command in ["train", "eval", "predict"] {
            assert_eq!(refuse(&[command, "--threads", value]), format!("--threads: got {got}, {threads}"));
        }
    }
    let rates = [("0", "0.0"), ("nan", "NaN"), ("-1", "-1.0"), ("inf", "inf"), ("1e-999", "0.0"), ("fast", "\"fast\"")];
    for (value, got) in rates {
        assert_eq!(refuse(&["--lr", value]), format!("--lr: got {got}, expected a number above 0"));
    }
    assert_eq!(refuse(&["--seed", "-1"]), r#"--seed: got "-1", expected a whole number, at least 0"#);
    assert_eq!(refuse(&["--algorithm", "fft"]), r#"--algorithm: got "fft", expected naive, im2col or winograd"#);
    assert_eq!(refuse(&["--device", "tpu"]), r#"--device: got "tpu", expected cpu, gpu or sim"#);
    #[cfg(not(feature = "cuda"))]
    for device in ["gpu", "sim"] {
        let how = format!("build it by: cargo run -p ch09-lenet --features cuda -- --device {device}");
        let expected = format!("--device: got {device:?}, expected cpu, or a program that knows GPUs; {how}");
        assert_eq!(refuse(&["eval", "--device", device]), expected);
    }
    assert_eq!(refuse(&["--seed=1", "--seed=2"]), "--seed: got it more than once, expected it once");

    assert_eq!(refuse(&["learn"]), r#"command: got "learn", expected train, eval, predict or draw (see --help)"#);
    for (args, got) in [
        (&["--epoch", "3"][..], "--epoch"),
        (&["train", "more"], "more"),
        (&["eval", "--epochs", "3"], "--epochs"),
        (&["predict", "--index", "1", "--save", "m"], "--save"),
        (&["-x"], "-x"),
    ] {
        assert_eq!(refuse(args), format!("arguments: got {got:?}, expected only what --help lists"));
    }
    assert_eq!(refuse(&["predict"]), r#"predict: got "no image", expected --index N or IMAGE.pgm ..."#);
    let both = refuse(&["predict", "--index", "1", "a.pgm"]);
    assert_eq!(both, r#"--index: got "pictures beside it", expected either an index or pictures"#);
    assert_eq!(refuse(&["predict", "--index", "-1"]), r#"--index: got "-1", expected a whole number, at least 0"#);

    folder.put("file", b"");
    for flag in ["--save", "--log"] {
        let other = if flag == "--save" { "--log" } else { "--save" };
        for (path, problem) in [
            ("no/m", "no/m: can't be written: there is no folder no"),
            ("file/m", "file/m: can't be written: there is no folder file"),
            (".", ".: is a folder, and must be the name of a file"),
            ("m/", "m/: is a folder, and must be the name of a file"),
            ("", ": is a folder, and must be the name of a file"),
        ] {
            assert_eq!(refuse(&[flag, path, other, "other"]), problem);
        }
    }
    assert_eq!(refuse(&["--save", "m", "--log", "m"]), r#"--log: got "m", expected another file than the model's"#);
    assert_eq!(folder.names(), ["file"]);

    let simd = Command::new(PROGRAM).arg("eval").env("UNROLLED_SIMD", "nonsense").output().unwrap();
    let simd = error(2, simd);
    assert!(simd.starts_with(r#"UNROLLED_SIMD: got "nonsense", expected one that this machine has: portable"#));
}

#[test]
fn bad_data_are_refused() {
    let folder = small();
    let mut before = folder.names();
    let refuse = |args: &[&str]| refusal(&folder, &[args, &["--data", ".", "--save", "m"]].concat());
    assert_eq!(refuse(&["--batch", "321"]), "--batch: got 321, expected at most the 320 training images");
    let limited = refuse(&["--limit", "31"]);
    assert_eq!(limited, "--batch: got 32, expected at most the 31 training images");
    printed(&folder, &["--data", ".", "--epochs", "1", "--batch", "320", "--save", "m"]); // all of them is a batch
    before.push("m".into());
    before.sort();
    let index = refusal(&folder, &["predict", "--model", "m", "--data", ".", "--index", "200"]);
    assert_eq!(index, "--index: got 200, expected 0 to 199");

    let images = std::fs::read(folder.path().join(FILES[2])).unwrap();
    let labels = std::fs::read(folder.path().join(FILES[3])).unwrap();
    let mut eleven = labels.clone();
    eleven[8 + 5] = 11;
    let damages: [(&str, &[u8], &str); 7] = [
        (FILES[2], &images[..9999], "has 9999 bytes, and its header promises 250896"),
        (FILES[2], b"", "is cut short: 0 of the 16 bytes of its header"),
        (FILES[2], b"\x89PNG\r\n\x1a\n", "is not an IDX file of its kind: begins with 0x89504e47, not with 0x00000803"),
        (
            FILES[2],
            &[&[0, 0, 8, 3][..], &[255; 12]].concat(),
            "promises an array of [4294967295, 4294967295, 4294967295]",
        ),
        (FILES[2], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff], ""),
        (FILES[3], &labels[..labels.len() - 1], "has 327 bytes, and its header promises 328"),
        (FILES[3], &eleven, "label 5 is 11, and must be a digit from 0 to 9"),
    ];
    for (name, bytes, problem) in damages {
        folder.put(name, bytes);
        let error = refuse(&[]);
        let rest = error.strip_prefix("./").or(error.strip_prefix(".\\")).expect(&error);
        assert!(rest.starts_with(&format!("{name}: {problem}")), "{error}");
        folder.put(FILES[2], &images);
        folder.put(FILES[3], &labels);
    }
    assert_eq!(folder.names(), before);

    let empty = Folder::new();
    let nothing = refusal(&empty, &["--data", ".", "--save", "m"]);
    assert!(nothing.starts_with(".: holds none of train-images-idx3-ubyte, "), "{nothing}");
    empty.put(FILES[2], &images);
    let half = refusal(&empty, &["--data", ".", "--save", "m"]);
    assert!(half.starts_with(".: holds none of train-labels-idx1-ubyte, "), "{half}");
    assert_eq!(empty.names(), [FILES[2]]);
}

#[test]
fn bad_models_and_pictures_are_refused() {
    let folder = small();
    let (_, model) = train(&folder, &[]);
    folder.put("cut", &model[..model.len() - 1]);
    folder.put("foreign", b"\x89PNG\r\n\x1a\n");
    let named = safetensors::load(&folder.path().join("m")).unwrap();
    let save = |name: &str, change: &dyn Fn(&mut Named)| {
        let mut named = named.clone();
        change(&mut named);
        safetensors::save(&folder.path().join(name), &named).unwrap();
    };
    save("names", &|named| named.iter_mut().for_each(|(name, _)| name.insert_str(0, "module.")));
    save("shapes", &|named| named[2].1 = Tensor::zeros(&[16, 6, 3, 3]).unwrap());
    save("more", &|named| named.push(("l8.bias".into(), Tensor::zeros(&[1]).unwrap())));
    save("nan", &|named| named[9].1.data_mut()[3] = f32::NAN);
    let before = folder.names();
    for (name, problem) in [
        ("cut", "has 246823 bytes of numbers, and its header tells of 246824"),
        ("foreign", "isn't safetensors: a header of "),
        ("missing", ""),
        (".", "is a folder, not a file"),
        ("names", r#"isn't a model of this network: parameters: got ["module.c1.0.weight", "#),
        ("shapes", "isn't a model of this network: c3.0.weight: got [16, 6, 3, 3], expected the shape [16, 6, 5, 5]"),
        ("more", r#"isn't a model of this network: parameters: got "l8.bias", expected LeNet's ten and no others"#),
        ("nan", "isn't a model of this network: l7.bias: got NaN, expected finite numbers"),
    ] {
        for command in [&["eval"][..], &["predict", "--index", "0"]] {
            let error = refusal(&folder, &[command, &["--data", ".", "--model", name]].concat());
            assert!(error.starts_with(&format!("{name}: {problem}")), "{error}");
        }
    }

    folder.put("good.pgm", &[&b"P5 28 28 255\n"[..], &[0; SIDE * SIDE]].concat());
    folder.put("small.pgm", b"P2 2 2 255 0 0 0 0");
    for (name, problem) in [
        ("foreign", "isn't a PGM picture: they begin with P5 or P2"),
        ("small.pgm", "is a picture of 2 x 2, and must be one of 28 x 28"),
        ("missing.pgm", ""),
    ] {
        let error = refusal(&folder, &["predict", "--model", "m", "good.pgm", name]);
        assert!(error.starts_with(&format!("{name}: {problem}")), "{error}");
    }
    assert_eq!(folder.names().len(), before.len() + 2);
}

#[test]
fn a_training_that_runs_away_says_so() {
    let folder = small();
    folder.put("m", b"an older model");
    let args = ["--data", ".", "--lr", "1e30", "--epochs", "3", "--save", "m", "--log", "l"];
    let output = run(&folder, &args);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("accuracy"));
    assert_eq!(error(1, output), "training: the loss of epoch 1 is NaN; try a smaller --lr");
    assert_eq!(std::fs::read(folder.path().join("m")).unwrap(), b"an older model");
    assert_eq!(folder.names().len(), FILES.len() + 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported() {
    // Through a link, so that a program that replaces what it finds would replace that, and not the
    // device of whoever runs this test as root.
    let folder = small();
    std::os::unix::fs::symlink("/dev/full", folder.path().join("full")).unwrap();
    let before = folder.names();
    let full = "saving full: No space left on device";
    let output = run(&folder, &["--data", ".", "--epochs", "1", "--save", "full"]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.contains("epoch  1: ") && !text.contains("saved"), "{text}");
    assert!(error(1, output).starts_with(full));
    // After an epoch that can't be logged there isn't another.
    let output = run(&folder, &["--data", ".", "--epochs", "9", "--save", "m", "--log", "full"]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("epoch  2: "));
    assert!(error(1, output).starts_with(full));
    assert_eq!(folder.names(), before);

    let output = Command::new("sh").args(["-c", "exec \"$0\" --help > /dev/full", PROGRAM]).output().unwrap();
    assert!(error(1, output).starts_with("writing standard output: No space left on device"));
    // Nobody, root included, can make a file there.
    assert!(refusal(&folder, &["--save", "/proc/lenet"]).starts_with("/proc/lenet: can't be written: "));
}

#[test]
fn helps() {
    let folder = Folder::new();
    let help = printed(&folder, &["--help"]);
    for part in ["Usage: ch09-lenet [train]", "--epochs N", "--index N", "--device NAME", "--threads N", "Exit codes"] {
        assert!(help.contains(part), "{part}");
    }
    for args in [&["-h"][..], &["train", "-h"], &["eval", "--help"], &["predict", "a.pgm", "--help"], &["--lr=x", "-h"]]
    {
        assert_eq!(printed(&folder, args), help);
    }
    assert!(folder.names().is_empty());
}

#[test]
fn a_reader_may_leave_early() {
    let folder = small();
    for args in [&["--help"][..], &["--data", ".", "--epochs", "1", "--save", "m"]] {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
    assert_eq!(folder.names(), { FILES });
}
