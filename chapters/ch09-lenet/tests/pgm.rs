//! The reader of PGM pictures.

mod common;

use ch09_lenet::pgm::{parse, read};
use common::Folder;
use proptest::prelude::*;

fn raw(header: &str, pixels: &[u8]) -> Vec<u8> {
    [header.as_bytes(), pixels].concat()
}

fn plain(header: &str, pixels: &[u8]) -> Vec<u8> {
    format!("{header}{}", pixels.iter().map(|p| format!("{p}\n")).collect::<String>()).into_bytes()
}

/// Every value once, some of them again; begins with white space and a comment's mark.
fn ramp() -> Vec<u8> {
    (0..784).map(|i| [b' ', b'#', b'\n'].get(i).copied().unwrap_or(i as u8)).collect()
}

#[test]
fn reads_both_kinds_with_comments() {
    for header in ["P5 28 28 255\n", "P5\n# by hand\n28 28\n255\n", "P5#a\r28#b\n#c\n\t28\x0c255 "] {
        assert_eq!(parse(&raw(header, &ramp())), Ok(ramp()), "{header:?}");
        assert_eq!(parse(&plain(&header.replace("P5", "P2"), &ramp())), Ok(ramp()), "{header:?}");
    }
    assert_eq!(parse(&raw("P5 28 28 255\n", &[ramp(), b"\n".to_vec()].concat())), Ok(ramp()));
}

#[test]
fn scales_to_255() {
    let thirds: Vec<u8> = (0..784).map(|i| (i % 4) as u8).collect();
    let scaled: Vec<u8> = thirds.iter().map(|t| t * 85).collect();
    assert_eq!(parse(&raw("P5 28 28 3\n", &thirds)).as_ref(), Ok(&scaled));
    assert_eq!(parse(&plain("P2 28 28 3\n", &thirds)), Ok(scaled));
    assert_eq!(parse(&raw("P5 28 28 2\n", &[1; 784])), Ok(vec![128; 784]));
}

#[test]
fn names_what_is_wrong() {
    let cases = [
        ("", "isn't a PGM picture: they begin with P5 or P2"),
        ("P6 28 28 255\n", "isn't a PGM picture: they begin with P5 or P2"),
        ("\u{89}PNG", "isn't a PGM picture: they begin with P5 or P2"),
        ("P5", "is cut short: it ends before its width"),
        ("P5 28 # and then", "is cut short: it ends before its height"),
        ("P5 28 28", "is cut short: it ends before its value of white"),
        ("P528 28 255\n", "has no number for its width"),
        ("P5 -28 28 255\n", "has no number for its width"),
        ("P5 28x28 255\n", "has no number for its height"),
        ("P5 28 99999999999999999999999 255\n", "has a number of 23 digits for its height"),
        ("P5 0 28 255\n", "is a picture of 0 x 28, and must be one of 28 x 28"),
        ("P5 999999999 999999999 255\n", "is a picture of 999999999 x 999999999, and must be one of 28 x 28"),
        ("P5 28 28 0\n", "has white at 0, and must have it at 1 to 255: 8 bits a pixel"),
        ("P5 28 28 65535\n", "has white at 65535, and must have it at 1 to 255: 8 bits a pixel"),
        ("P5 28 28 255", "has no pixels behind its header"),
        ("P5 28 28 255#", "has no pixels behind its header"),
        ("P5 28 28 255\nabc", "is cut short: 3 of 784 pixels"),
        ("P2 28 28 255\n1 2 3", "is cut short: it ends before its pixel 3"),
        ("P2 28 28 255\n1 2 x", "has no number for its pixel 2"),
    ];
    for (file, expected) in cases {
        assert_eq!(parse(file.as_bytes()), Err(expected.into()), "{file:?}");
    }
    let behind = Err("has something behind its last pixel".into());
    assert_eq!(parse(&raw("P5 28 28 255\n", &[1; 785])), behind);
    assert_eq!(parse(&plain("P2 28 28 255\n", &[1; 785])), behind);
    let light = Err("pixel 0 is 4, and white is 3".into());
    assert_eq!(parse(&raw("P5 28 28 3\n", &[4; 784])), light);
    assert_eq!(parse(&plain("P2 28 28 3\n", &[4; 784])), light);
}

#[test]
fn names_the_file() {
    let folder = Folder::new();
    let path = folder.put("seven.pgm", &raw("P5 28 28 255\n", &ramp()));
    assert_eq!(read(&path), Ok(ramp()));
    let wide = folder.put("wide.pgm", b"P5 29 28 255\n");
    let problem = read(&wide).unwrap_err();
    assert_eq!(problem.exit_code(), 2);
    let expected = format!("{}: is a picture of 29 x 28, and must be one of 28 x 28", wide.display());
    assert_eq!(problem.to_string(), expected);
    let large = folder.put("large.pgm", &vec![b'#'; (1 << 20) + 1]);
    assert!(read(&large).unwrap_err().to_string().ends_with("is larger than 1048576 bytes, the most that is read"));
    assert!(read(folder.path()).unwrap_err().to_string().ends_with("is a folder, not a file"));
    assert!(read(&folder.path().join("none.pgm")).is_err());
}

proptest! {
    #[test]
    fn whatever_the_bytes_nothing_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..100),
        header in "P[25][ #\n]{0,2}(28|[0-9]{0,12})[ #\n]{0,2}(28|[0-9]{0,12})[ #\n]{0,2}[0-9]{0,6}[ #\n]{0,2}",
    ) {
        let _ = parse(&bytes);
        for pixels in [bytes, vec![b'1'; 784], b"1 ".repeat(784)] {
            if let Ok(pixels) = parse(&raw(&header, &pixels)) {
                prop_assert_eq!(pixels.len(), 784);
            }
        }
    }
}
