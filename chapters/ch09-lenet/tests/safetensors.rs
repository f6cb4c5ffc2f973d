//! Model files: what is saved comes back, what PyTorch saved is read, what is damaged is refused with
//! a reason, and a save that fails leaves nothing behind.

mod common;

use ch09_lenet::json::{Json, quote};
use ch09_lenet::safetensors::{load, parse, save, to_bytes};
use common::Folder;
use proptest::prelude::*;
use unrolled::Tensor;
use unrolled::files::check_writable;

/// Made by `safetensors.torch.save_file`, version 0.8, with a text about itself in its metadata.
const TORCH: &[u8] = include_bytes!("fixtures/torch.safetensors");

fn tensor(name: &str, shape: &[usize], data: Vec<f32>) -> (String, Tensor) {
    (name.into(), Tensor::new(shape, data).unwrap())
}

/// A file with this header and as many bytes of numbers.
fn file(header: &str, numbers: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; numbers]].concat()
}

fn problem(file: &[u8]) -> String {
    parse(file).unwrap_err()
}

#[test]
fn reads_what_pytorch_saved() {
    let expected = [
        tensor("c1.0.bias", &[2], vec![-1.5, f32::INFINITY]),
        tensor("c1.0.weight", &[2, 1, 2, 2], (0..8).map(|i| i as f32 / 4.0).collect()),
        tensor("none", &[0, 3], vec![]),
        tensor("scale", &[], vec![0.1]),
    ];
    assert_eq!(parse(TORCH).unwrap(), expected);
}

#[test]
fn writes_the_bytes_of_the_format() {
    let bytes = to_bytes(&[tensor("b", &[2], vec![1.0, -2.0]), tensor("a\"", &[], vec![0.5])]).unwrap();
    let header = r#"{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a\"":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}"#;
    let padded = format!("{header:<112}");
    assert_eq!(bytes[..8], 112u64.to_le_bytes());
    assert_eq!(bytes[8..120], *padded.as_bytes());
    assert_eq!(bytes[120..], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f]);
}

#[test]
fn a_name_must_be_its_own() {
    let twice = [tensor("a", &[], vec![1.0]), tensor("b", &[], vec![1.0]), tensor("a", &[], vec![2.0])];
    let problem = to_bytes(&twice).unwrap_err().to_string();
    assert_eq!(problem, r#"tensor: got "a", expected a name of its own, and not __metadata__"#);
    assert!(to_bytes(&[tensor("__metadata__", &[], vec![1.0])]).is_err());
}

#[test]
fn refuses_foreign_and_hostile_files() {
    let entry = |shape: &str, start: usize, end: usize| {
        format!(r#"{{"dtype":"F32","shape":{shape},"data_offsets":[{start},{end}]}}"#)
    };
    let one = |about: &str, numbers| problem(&file(&format!(r#"{{"a":{about}}}"#), numbers));
    let two = |a: &str, b: &str, numbers| problem(&file(&format!(r#"{{"a":{a},"b":{b}}}"#), numbers));

    assert_eq!(problem(b"short"), "is too short to be safetensors");
    let png = b"\x89PNG\r\n\x1a\n";
    assert!(problem(png).starts_with("isn't safetensors: a header of 727905341920923785 bytes is more than"));
    assert!(problem(&[255; 8]).starts_with("isn't safetensors: a header of"));
    let cut = [&1000u64.to_le_bytes()[..], b"{}"].concat();
    assert_eq!(problem(&cut), "is cut short: a header of 1000 bytes, and 2 are there");
    assert_eq!(problem(&[&1u64.to_le_bytes()[..], b"\xff"].concat()), "has a header that isn't text");
    assert_eq!(problem(&file(" {}", 0)), "has a header that doesn't begin with {");
    assert_eq!(problem(&file("{", 0)), "has a header with no string, at byte 1");
    assert_eq!(problem(&file("{}{}", 0)), "has a header with text after the end, at byte 2");

    assert_eq!(one("[]", 0), r#"tensor "a" has no dtype"#);
    assert_eq!(one(r#"{"dtype":"BF16"}"#, 0), r#"tensor "a" is of type "BF16"; only F32 is read"#);
    assert_eq!(one(&entry("[-1]", 0, 4), 4), r#"tensor "a" has no shape of whole numbers"#);
    assert_eq!(one(&entry("[1.0]", 0, 4), 4), r#"tensor "a" has no shape of whole numbers"#);
    assert_eq!(one(&entry("4", 0, 4), 4), r#"tensor "a" has no shape of whole numbers"#);
    assert_eq!(one(r#"{"dtype":"F32","shape":[]}"#, 4), r#"tensor "a" has no two data_offsets"#);
    let three = r#"{"dtype":"F32","shape":[],"data_offsets":[0,4,4]}"#;
    assert_eq!(one(three, 4), r#"tensor "a" has no two data_offsets"#);
    assert_eq!(
        one(&entry("[4294967296,4294967296]", 0, 0), 0),
        r#"tensor "a" has the impossible shape [4294967296, 4294967296]"#
    );
    for (start, end) in [(0, 4), (0, 9), (8, 0), (4, 0), (0, usize::MAX)] {
        let expected = format!(r#"tensor "a" has shape [2], which doesn't fill bytes {start} to {end}"#);
        assert_eq!(one(&entry("[2]", start, end), 8), expected);
    }

    assert_eq!(one(&entry("[1]", 4, 8), 8), r#"tensor "a" begins at byte 4, and must at 0"#);
    let (first, hole, overlap) = (entry("[2]", 0, 8), entry("[1]", 12, 16), entry("[1]", 4, 8));
    assert_eq!(two(&first, &hole, 16), r#"tensor "b" begins at byte 12, and must at 8"#);
    assert_eq!(two(&first, &overlap, 8), r#"tensor "b" begins at byte 4, and must at 8"#);
    assert_eq!(two(&first, &first, 8), r#"tensor "b" begins at byte 0, and must at 8"#);
    assert_eq!(one(&first, 7), "has 7 bytes of numbers, and its header tells of 8");
    assert_eq!(one(&first, 9), "has 9 bytes of numbers, and its header tells of 8");
    let same = format!(r#"{{"a":{first},"a":{first}}}"#);
    assert!(problem(&file(&same, 8)).starts_with("has a header with an object with two members of one name"));
    let metadata = r#"{"__metadata__":{"epochs":5}}"#;
    assert_eq!(problem(&file(metadata, 0)), "has a __metadata__ that isn't made of strings");
}

#[test]
fn every_truncation_is_an_error() {
    for length in 0..TORCH.len() {
        parse(&TORCH[..length]).unwrap_err();
    }
}

#[test]
fn saves_and_loads() {
    let folder = Folder::new();
    let path = folder.put("model.safetensors", b"an older file");
    let model = [tensor("w", &[2, 1], vec![1.0, 2.0]), tensor("b", &[1], vec![3.0])];
    check_writable(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"an older file");
    save(&path, &model).unwrap();
    assert_eq!(load(&path).unwrap(), model);
    assert_eq!(folder.names(), ["model.safetensors"]);
}

#[test]
fn a_save_that_cannot_be_says_so_before_training() {
    let folder = Folder::new();
    let file = folder.put("file", b"");
    let problem = |path: &std::path::Path| {
        let early = check_writable(path).unwrap_err();
        assert_eq!(early.exit_code(), 2);
        assert_eq!(save(path, &[]).unwrap_err(), early);
        early.to_string()
    };
    assert!(problem(folder.path()).ends_with(": is a folder, and must be the name of a file"));
    assert!(problem(std::path::Path::new("")).ends_with(": is a folder, and must be the name of a file"));
    assert!(problem(&folder.path().join("no/model")).contains("can't be written: there is no folder"));
    assert!(problem(&file.join("model")).contains("can't be written: there is no folder"));
    assert!(problem(&folder.path().join("x".repeat(300))).contains("can't be written: "));
    assert_eq!(folder.names(), ["file"]);
    let missing = folder.path().join("missing");
    assert!(load(&missing).unwrap_err().to_string().starts_with(&missing.display().to_string()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported() {
    // A device that is always full is written in place. Through a link, so that a `save` that
    // replaces what it finds would replace the link, and not the device of whoever runs this as root.
    let folder = Folder::new();
    let full = folder.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let problem = save(&full, &[tensor("a", &[], vec![1.0])]).unwrap_err();
    assert_eq!(problem.exit_code(), 1);
    let expected = format!("saving {}: No space left on device", full.display());
    assert!(problem.to_string().starts_with(&expected), "{problem}");
    assert!(std::fs::symlink_metadata(&full).unwrap().is_symlink());
    assert_eq!(folder.names(), ["full"]);
    // Nobody, root included, can make a file there.
    let kernel = std::path::Path::new("/proc/model.safetensors");
    assert!(check_writable(kernel).unwrap_err().to_string().contains("can't be written: "));
}

#[test]
fn json_is_read_strictly() {
    let accepted = [
        (r#" {"a" : [1, -2.5e+3, true, false, null], "b":{}} "#, 2),
        (r#"{"\u0061\ud83d\ude00\n\/\"\\\b\f\r\t":""}"#, 1),
        (r#"{"":0}"#, 1),
    ];
    for (text, members) in accepted {
        let Json::Object(found) = Json::parse(text).unwrap() else { panic!("{text} is an object") };
        assert_eq!(found.len(), members);
    }
    let json = Json::parse(accepted[1].0).unwrap();
    assert_eq!(json.get("a\u{1f600}\n/\"\\\u{8}\u{c}\r\t").and_then(Json::as_str), Some(""));
    let refused = [
        "",
        " ",
        "{",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "nul",
        "truex",
        "'a'",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u+123\"",
        "\"\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\n\"",
        "\"\\u12é\"",
        "1 1",
        "[]]",
        "\u{feff}1",
        "{\"a\":1,\"\\u0061\":2}",
    ];
    for text in refused {
        assert!(Json::parse(text).is_err(), "{text}");
    }
    assert!(Json::parse(&("[".repeat(32) + &"]".repeat(32))).is_ok());
    assert!(Json::parse(&"[".repeat(1_000_000)).unwrap_err().starts_with("arrays and objects nested too deep"));
    for (text, number) in [("12", Some(12)), ("0", Some(0)), ("-1", None), ("1.0", None), ("1e2", None)] {
        assert_eq!(Json::parse(text).unwrap().as_usize(), number);
    }
    assert_eq!(Json::parse("99999999999999999999").unwrap().as_usize(), None);
}

/// Text that looks like JSON more often than chance would have it.
fn json_like() -> impl Strategy<Value = String> {
    let tokens = "[{}\\[\\]:,\"\\\\u0-9eE.+ -]|true|null|\"a\"|\"\\\\ud8|é|\"dtype\":\"F32\"|\"shape\":\\[|\"data_offsets\":\\[0,";
    prop::collection::vec(tokens, 0..30).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_saved_comes_back(model in prop::collection::vec(
        (any::<String>(), prop::collection::vec(0..4usize, 0..5), any::<u32>()), 0..6,
    )) {
        let model: Vec<_> = model.iter().enumerate().map(|(i, (name, shape, bits))| {
            let numbers = |j: usize| f32::from_bits(bits.rotate_left(j as u32));
            (format!("{name}{i}"), Tensor::from_fn(shape, numbers).unwrap())
        }).collect();
        let bytes = to_bytes(&model).unwrap();
        let back = parse(&bytes).unwrap();
        prop_assert_eq!(back.len(), model.len());
        for ((name, tensor), (back_name, back)) in model.iter().zip(&back) {
            prop_assert_eq!((name, tensor.shape()), (back_name, back.shape()));
            // As bits: NaN is not equal to itself, and must come back too.
            let bits = |t: &Tensor| t.data().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(tensor), bits(back));
        }
    }

    #[test]
    fn whatever_the_bytes_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..100), header in json_like()) {
        let _ = parse(&bytes);
        let _ = parse(&file(&header, 4));
        let _ = parse(&file(&format!("{{\"a\":{{{header}]}}}}"), 4));
        let _ = Json::parse(&header);
    }

    #[test]
    fn whatever_the_damage_nothing_panics(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut damaged = TORCH.to_vec();
        damage.iter().for_each(|(at, byte)| damaged[at.index(TORCH.len())] = *byte);
        let _ = parse(&damaged);
    }

    #[test]
    fn quoted_text_is_read_as_it_was(text in any::<String>()) {
        let quoted = quote(&text);
        prop_assert_eq!(Json::parse(&quoted), Ok(Json::String(text)));
    }
}
