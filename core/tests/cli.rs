//! Arguments as people type them, and figures.

use unrolled::cli::Args;
use unrolled::files;
use unrolled::svg::Svg;

fn args(line: &str) -> Args {
    Args::parse(line.split_whitespace()).unwrap()
}

#[test]
fn takes_commands_flags_values_and_positionals() {
    let mut a = args("train --epochs 5 a.pgm --lr=-0.5 --quiet --path=a=b b.pgm -");
    assert_eq!(a.command().as_deref(), Some("train"));
    assert_eq!(a.value("--epochs", "a number").unwrap(), Some(5));
    assert_eq!(a.value("--lr", "a number").unwrap(), Some(-0.5));
    assert_eq!(a.value("--path", "a path").unwrap(), Some("a=b".to_string()));
    assert_eq!(a.value::<u32>("--seed", "a number").unwrap(), None);
    assert!(a.flag("--quiet").unwrap());
    assert!(!a.flag("--loud").unwrap());
    assert_eq!(a.positional().as_deref(), Some("a.pgm"));
    assert_eq!(a.positional().as_deref(), Some("b.pgm"));
    assert_eq!(a.positional(), None);
    assert!(a.finish().is_err(), "a dash alone is left");
    assert_eq!(args("--epochs 5").command(), None);
    assert_eq!(args("--lr -1").value("--lr", "a number").unwrap(), Some(-1));
}

#[test]
fn says_what_is_wrong() {
    let number = |line| args(line).value::<u8>("--n", "0 to 255").unwrap_err().to_string();
    assert_eq!(number("--n many"), r#"--n: got "many", expected 0 to 255"#);
    assert_eq!(number("--n=256"), r#"--n: got "256", expected 0 to 255"#);
    assert_eq!(number("--n="), r#"--n: got "", expected 0 to 255"#);
    assert_eq!(number("--n"), "--n: got no value, expected 0 to 255");
    assert_eq!(number("--n --quiet"), "--n: got no value, expected 0 to 255");
    assert_eq!(number("--n 1 --n=2"), "--n: got it more than once, expected it once");
    let e = args("--quiet=yes").flag("--quiet").unwrap_err();
    assert_eq!(e.to_string(), r#"--quiet: got "yes", expected no value"#);
    let e = args("--epoch").finish().unwrap_err();
    assert_eq!(e.to_string(), r#"arguments: got "--epoch", expected only what --help lists"#);
    assert_eq!(e.exit_code(), 2);
    assert!(args("--numbers 1").value::<u8>("--n", "0 to 255").unwrap().is_none(), "no prefix is taken for a flag");
}

#[cfg(unix)]
#[test]
fn refuses_what_is_not_unicode() {
    use std::os::unix::ffi::OsStringExt;
    let bad = std::ffi::OsString::from_vec(vec![b'-', 0xff]);
    assert!(Args::parse([bad]).unwrap_err().to_string().ends_with("expected Unicode text"));
}

#[test]
fn saves_whole_files_or_none() {
    let folder = std::env::temp_dir().join(format!("unrolled-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("a.txt");
    files::write(&file, "one").unwrap();
    files::write(&file, "two").unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "two");
    let e = files::write(folder.join("missing/a.txt"), "").unwrap_err();
    assert!(e.to_string().contains("missing"), "{e}");
    files::write(&folder, "").unwrap_err(); // a folder can't be replaced by a file, and nothing stays behind
    for name in ["new/", "new/.", "a.txt/"] {
        let e = files::check_writable(&folder.join(name)).unwrap_err();
        assert!(e.to_string().ends_with("is a folder, and must be the name of a file"), "{e}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    assert_eq!(
        std::fs::read_dir(folder.parent().unwrap())
            .unwrap()
            .flatten()
            .filter(|f| {
                f.file_name().to_string_lossy().starts_with(&*folder.file_name().unwrap().to_string_lossy())
            })
            .count(),
        1
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn figures_escape_their_text() {
    let mut svg = Svg::new(10.0, 20.5, "a < b", "\"c\" & d");
    svg.group([1.0, 2.5], |svg| {
        svg.text("small", [0.0, 1.0], "x > \"y\"").line("", [0.0, 0.0], [1.0, 1.0]);
    });
    let text = svg.finish();
    assert!(text.contains("a &lt; b</title>") && text.contains("&quot;c&quot; &amp; d</desc>"));
    assert!(text.contains(
        "<g transform=\"translate(1 2.5)\">\n<text class=\"small\" x=\"0\" y=\"1\" dy=\"0.35em\">x &gt; &quot;y&quot;</text>"
    ));
    assert!(text.contains(r#"viewBox="0 0 10 20.5""#) && text.ends_with("</g>\n</svg>\n"));
}
