//! The IDX reader: the real MNIST, and files that are missing, damaged or foreign.

mod common;

use ch09_lenet::idx::{self, Split, load, parse};
use common::{Folder, gzip_stored};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const ZEROS: &[u8] = include_bytes!("fixtures/zeros.gz");

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// An IDX file; `magic` ends in the number of axes.
fn file(magic: u32, sizes: &[u32], contents: &[u8]) -> Vec<u8> {
    let words = [&[magic], sizes].concat();
    [words.iter().flat_map(|word| word.to_be_bytes()).collect(), contents.to_vec()].concat()
}

fn images(n: u32) -> Vec<u8> {
    file(0x803, &[n, 28, 28], &vec![7; n as usize * 784])
}

fn labels(digits: &[u8]) -> Vec<u8> {
    file(0x801, &[digits.len() as u32], digits)
}

/// What loading fails with from a folder of these images and labels, the folder's name left out.
fn problem(images: &[u8], labels: &[u8]) -> String {
    let folder = Folder::new();
    folder.put("t10k-images-idx3-ubyte", images);
    folder.put("t10k-labels-idx1-ubyte", labels);
    let problem = load(folder.path(), Split::Test).unwrap_err();
    assert_eq!(problem.exit_code(), 2);
    problem.to_string().replace(&folder.path().join("").display().to_string(), "")
}

#[test]
fn loads_mnist() {
    let sum = |pixels: &[u8]| pixels.iter().map(|&p| u64::from(p)).sum::<u64>();
    let train = load(&data(), Split::Train).unwrap();
    assert_eq!((train.images.len(), train.images.rows, train.images.cols), (60_000, 28, 28));
    assert_eq!((train.labels.len(), &train.labels[..5]), (60_000, &[5, 0, 4, 1, 9][..]));
    assert_eq!((sum(&train.images.pixels), sum(&train.labels)), (1_567_298_545, 267_236));
    let test = load(&data(), Split::Test).unwrap();
    assert_eq!((test.images.len(), test.images.rows, test.images.cols), (10_000, 28, 28));
    assert_eq!((test.labels.len(), &test.labels[..5]), (10_000, &[7, 2, 1, 0, 4][..]));
    assert_eq!((sum(&test.images.pixels), sum(&test.labels)), (264_923_200, 44_434));
}

#[test]
fn takes_every_usual_name_gzipped_or_not() {
    for (dash, gz) in [("-", ""), ("-", ".gz"), (".", ""), (".", ".gz")] {
        for packed in [false, true] {
            let folder = Folder::new();
            let pack = |file: Vec<u8>| if packed { gzip_stored(&file) } else { file };
            folder.put(&format!("train-images{dash}idx3-ubyte{gz}"), &pack(images(2)));
            folder.put(&format!("train-labels{dash}idx1-ubyte{gz}"), &pack(labels(&[3, 9])));
            let set = load(folder.path(), Split::Train).unwrap();
            assert_eq!((set.images.pixels, set.labels), (vec![7; 2 * 784], vec![3, 9]));
        }
    }
}

#[test]
fn names_what_is_missing() {
    let folder = Folder::new();
    let here = folder.path().display().to_string();
    let problem = |split| load(folder.path(), split).unwrap_err().to_string();
    assert_eq!(
        problem(Split::Train),
        format!(
            "{here}: holds none of train-images-idx3-ubyte, train-images-idx3-ubyte.gz, train-images.idx3-ubyte, \
             train-images.idx3-ubyte.gz"
        )
    );
    folder.put("t10k-images-idx3-ubyte", &images(1));
    assert!(problem(Split::Test).starts_with(&format!("{here}: holds none of t10k-labels-idx1-ubyte, ")));
    let nowhere = folder.path().join("nowhere");
    let problem = load(&nowhere, Split::Train).unwrap_err().to_string();
    assert_eq!(problem, format!("{}: is not a folder, and must be the one with the data", nowhere.display()));
    std::fs::create_dir(folder.path().join("train-images-idx3-ubyte")).unwrap();
    let problem = load(folder.path(), Split::Train).unwrap_err().to_string();
    assert!(problem.ends_with("train-images-idx3-ubyte: is a folder, not a file"), "{problem}");
}

#[test]
fn names_what_is_wrong() {
    let (two, three_nine) = (images(2), labels(&[3, 9]));
    let whole = two.len();
    let cases = [
        (&two[..whole - 1], "has 1583 bytes, and its header promises 1584"),
        (&[&two[..], &[0]].concat(), "has 1585 bytes, and its header promises 1584"),
        (&two[..15], "is cut short: 15 of the 16 bytes of its header"),
        (&[], "is cut short: 0 of the 16 bytes of its header"),
        (&three_nine, "is not an IDX file of its kind: begins with 0x00000801, not with 0x00000803"),
        (b"\x89PNG\r\n", "is not an IDX file of its kind: begins with 0x89504e47, not with 0x00000803"),
        (&file(0x803, &[1, 32, 28], &[0; 32 * 28]), "holds images of 32 x 28, not of 28 x 28"),
        (&file(0x803, &[0, 28, 28], &[]), "holds no images"),
        (
            &file(0x803, &[u32::MAX; 3], &[]),
            "promises an array of [4294967295, 4294967295, 4294967295], more than the 268435456 bytes that are read",
        ),
        (
            &gzip_stored(&two)[..500],
            "the compressed data ends early, 485 bytes into its contents (its header promises 1584 bytes)",
        ),
        (&gzip_stored(&two[..1000]), "has 1000 bytes, and its header promises 1584"),
        (
            &[gzip_stored(&two).as_slice(), ZEROS].concat(),
            "unpacks to more than 1584 bytes (its header promises 1584 bytes)",
        ),
    ];
    for (file, expected) in cases {
        assert_eq!(problem(file, &three_nine), format!("t10k-images-idx3-ubyte: {expected}"));
    }
    let of_labels = |file: &[u8]| problem(&two, file);
    assert_eq!(
        of_labels(&labels(&[1, 2, 3])),
        "t10k-labels-idx1-ubyte: holds 3 labels for the 2 images of t10k-images-idx3-ubyte"
    );
    assert_eq!(of_labels(&labels(&[9, 10])), "t10k-labels-idx1-ubyte: label 1 is 10, and must be a digit from 0 to 9");
    assert!(of_labels(&two).contains("begins with 0x00000803, not with 0x00000801"));
}

#[test]
fn a_bomb_is_stopped_at_its_first_byte_too_many() {
    // 200 MiB of zeros behind an image: the header is believed, and no more than it promises is unpacked.
    let bomb = [gzip_stored(&images(1)), ZEROS.repeat(200)].concat();
    let problem = parse::<3>(bomb).unwrap_err();
    assert_eq!(problem, "unpacks to more than 800 bytes (its header promises 800 bytes)");
    // A header that promises as much as the format can say.
    let bomb = [gzip_stored(&file(0x803, &[1 << 20, 28, 28], &[])), ZEROS.repeat(2)].concat();
    assert!(parse::<3>(bomb).unwrap_err().starts_with("promises an array of [1048576, 28, 28], more than"));
}

proptest! {
    #[test]
    fn whatever_the_bytes_nothing_panics(
        body in prop::collection::vec(any::<u8>(), 0..100),
        sizes in prop::array::uniform3(0..5u32),
    ) {
        let _ = parse::<1>(body.clone());
        let _ = parse::<3>(gzip_stored(&body));
        let promised: u32 = sizes.iter().product();
        for file in [file(0x803, &sizes, &body), gzip_stored(&file(0x803, &sizes, &body))] {
            let array = parse::<3>(file);
            prop_assert_eq!(array.is_ok(), promised as usize == body.len());
            if let Ok(idx::Array { sizes: found, bytes }) = array {
                prop_assert_eq!(found.map(|n| n as u32), sizes);
                prop_assert_eq!(&bytes, &body);
            }
        }
    }
}
