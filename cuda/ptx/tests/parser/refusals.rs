//! What the parser refuses, where, and in which words.

use crate::{HEADER, SAXPY, file};
use ptx::{Place, parse};

/// Pairs of lines: PTX that is refused, and `line:column message`, whose rest may be left out as `...`. `\n` is the end of
/// a line, `\u{...}` a character.
fn check(table: &str, source: impl Fn(&str) -> String) {
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines.len() > 100 && lines.len().is_multiple_of(2));
    for pair in lines.chunks(2) {
        let text = pair[0].replace("\\n", "\n").replace("\\u{0}", "\0").replace("\\u{7f}", "\u{7f}");
        let got = match parse(&source(&text)) {
            Err(error) => format!("{}:{} {}", error.place.line, error.place.column, error.problem),
            Ok(_) => panic!("{text}\nis read, not refused: {}", pair[1].trim()),
        };
        let expected = pair[1].trim_start();
        match expected.strip_suffix(" ...") {
            Some(start) => assert!(got.starts_with(start), "{text}\n{got}"),
            None => assert_eq!(got, expected, "{text}"),
        }
        assert!(got.len() < 1000 && !got.contains('\n'), "{got}");
    }
}

#[test]
fn lines_of_a_kernel_that_are_refused() {
    check(include_str!("lines.txt"), file);
}

#[test]
fn files_that_are_refused() {
    // `!` stands for a whole file; the others follow a header of three lines.
    check(include_str!("files.txt"), |text| match text.strip_prefix('!') {
        Some(whole) => whole.into(),
        None => format!("{HEADER}{text}"),
    });
}

#[test]
fn an_error_says_where_and_what() {
    let error = parse(&SAXPY.replace("fma.rn.f32 %v1, %a, %v0, %v1", "mul.f32 %v1, %a, %v0")).unwrap_err();
    assert_eq!(error.place, Place { line: 28, column: 5 });
    let expected = "line 28, column 5: mul.f32: no rounding is given, and ptxas might fuse it with its neighbour; write mul.rn.f32";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn each_line_alone_is_what_is_wrong() {
    // The same kernel without a bad line is read, and columns are those of the line.
    assert!(parse(&file("")).is_ok() && parse(HEADER).is_ok());
    for indent in ["", "    ", "\t", "/* */ "] {
        let error = parse(&file(&format!("\n\n{indent}add.u32 %u0, %u1;"))).unwrap_err();
        assert_eq!(error.place, Place { line: 17, column: indent.len() as u32 + 1 });
    }
}

#[test]
fn long_words_are_not_repeated() {
    for word in
        ["a".repeat(256), "1".repeat(1 << 16), format!("0.{}", "1".repeat(300)), format!(".{}", "a".repeat(300))]
    {
        let error = parse(&file(&format!("mov.b32 %b0, {word};"))).unwrap_err();
        assert!(error.to_string().len() < 500, "{error}");
    }
    let longest = "a".repeat(255);
    assert!(parse(&file(&format!(".reg .b32 {longest}; mov.b32 %b0, {longest};"))).is_ok());
}
