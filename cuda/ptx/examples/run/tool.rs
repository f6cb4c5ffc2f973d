//! What `run` does, as a function: the tests call it, too.

use ptx::ir::{Param, Type};
use ptx::{Fault, Kernel, Launch, Memory, Options, TraceOf, observe, parse};
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::Path;
use unrolled::cli::Args;
use unrolled::{Error, Result};

/// Runs what the arguments ask for, and returns what there is to print.
///
/// # Errors
/// If the arguments can't be understood, or there is no such file. What the simulator refuses or stops is no error here.
pub fn run(mut args: Args) -> Result<String> {
    let file =
        args.command().ok_or_else(|| Error::argument("FILE", "nothing", "a file of PTX, in front of the rest"))?;
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(format!("{file}.ptx"));
    let path = if example.is_file() { example } else { file.clone().into() };
    let source = std::fs::read_to_string(path).map_err(|e| Error::failed("reading", format_args!("{file}: {e}")))?;
    let module = match parse(&source) {
        Ok(module) => module,
        Err(e) => return Ok(format!("refused: {e}\n")),
    };
    let usual = source.lines().find_map(|line| line.strip_prefix("// run: ")).unwrap_or("");
    let mut usual = Args::parse(usual.split_whitespace())?;

    let (listing, trace, counts) = (args.flag("--listing")?, args.flag("--trace")?, args.flag("--counts")?);
    let sanitize = !args.flag("--unsafe")?;
    let limit = args.value("--limit", "a number of instructions")?.unwrap_or(Options::default().limit);
    let name: Option<String> = args.value("--kernel", "the name of a kernel")?;
    let lines: Option<String> = args.value("--lines", "two numbers, as 20-30")?;
    let lines = lines.map(|text| range(&text)).transpose()?;
    let mut axes = |flag: &str, without: [u32; 3]| -> Result<[u32; 3]> {
        let expected = "one to three numbers, as 8,4";
        let (own, usual): (Option<String>, _) = (args.value(flag, expected)?, usual.value(flag, expected)?);
        own.or(usual).map_or(Ok(without), |text| three(flag, &text, without[1]))
    };
    let (grid, block, of) = (axes("--grid", [1; 3])?, axes("--block", [32, 1, 1])?, axes("--of", [0; 3])?);
    let shared: Option<usize> = args.value("--shared", "a number of bytes")?;
    let shared_bytes = shared.or(usual.value("--shared", "a number of bytes")?).unwrap_or(0);
    let warp = args.value("--warp", "a whole number")?.unwrap_or(0);
    if grid.contains(&0) || block.contains(&0) || block.iter().map(|&n| u64::from(n)).product::<u64>() > 1024 {
        return Err(Error::argument(
            "--grid, --block",
            format_args!("{grid:?}, {block:?}"),
            "1 to 1024 threads a block",
        ));
    }
    let mut given: Vec<String> = std::iter::from_fn(|| args.positional()).collect();
    args.finish()?;
    if given.is_empty() {
        given.extend(std::iter::from_fn(|| usual.positional()));
    }

    let kernel = match &name {
        None => module.kernels.first(),
        Some(name) => module.kernel(name),
    };
    let kernel = kernel.ok_or_else(|| Error::argument("--kernel", format_args!("{name:?}"), "a kernel of the file"))?;

    // ANCHOR: launch
    let memory = Memory::new(0, 1 << 30);
    let (params, buffers) = parameters(kernel, &given, &memory)?;
    let symbols =
        module.variables.iter().map(|v| memory.allocate_constants(&v.bytes).expect("enough memory")).collect();
    let launch = Launch { kernel: kernel.clone(), grid, block, shared_bytes, params, symbols };
    let traced = TraceOf { kernel: kernel.name.clone(), block: of, warp };
    let options = Options { profile: !trace, trace: trace.then_some(traced), sanitize, limit, ..Options::default() };
    let (result, seen) = observe(options, || launch.run(&memory));
    // ANCHOR_END: launch
    let mut text = String::new();
    let head = |text: &'static str| if lines.is_none() { text } else { "" };
    if trace {
        text += &format!("{}{}", head(" line  lanes     instruction\n"), cut(&seen.trace, lines.as_ref()));
    }
    for profile in &seen.profiles {
        if listing {
            text += &format!("{}{}", head(" line     warps  lanes\n"), cut(&profile.listing(), lines.as_ref()));
        }
        if counts {
            text += &format!("{profile}\n");
        }
    }
    text += match (&result, text.is_empty() || lines.is_some()) {
        (Ok(()), _) if lines.is_some() => return Ok(text),
        (_, true) => "",
        (_, false) => "\n",
    };
    Ok(text + &result.map_or_else(|fault| stopped(&fault), |()| contents(&buffers, &memory)))
}

/// `20-30`.
fn range(text: &str) -> Result<RangeInclusive<u32>> {
    let numbers = text.split_once('-').and_then(|(from, to)| Some(from.parse().ok()?..=to.parse().ok()?));
    numbers.ok_or_else(|| Error::argument("--lines", text, "two numbers, as 20-30"))
}

/// The lines of a trace or a listing that are about these lines of the file.
fn cut(text: &str, lines: Option<&RangeInclusive<u32>>) -> String {
    let about = |line: &&str| line.split_whitespace().next().and_then(|word| word.parse().ok());
    let wanted = |line: &&str| about(line).is_some_and(|number| lines.is_none_or(|lines| lines.contains(&number)));
    text.lines().filter(wanted).map(|line| format!("{line}\n")).collect()
}

/// One to three numbers; those that aren't there are `rest`.
fn three(flag: &str, text: &str, rest: u32) -> Result<[u32; 3]> {
    let numbers: Option<Vec<u32>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[x]) => Ok([x, rest, rest]),
        Some(&[x, y]) => Ok([x, y, rest]),
        Some(&[x, y, z]) => Ok([x, y, z]),
        _ => Err(Error::argument(flag, text, "one to three whole numbers, as 8,4")),
    }
}

/// Memory that a parameter points to.
struct Buffer {
    name: String,
    ty: Type,
    address: u64,
    words: usize,
}

/// The bytes of the parameters, and the memory that they point to.
fn parameters(kernel: &Kernel, given: &[String], memory: &Memory) -> Result<(Vec<u8>, Vec<Buffer>)> {
    if given.len() != kernel.params.len() {
        let names: Vec<&str> = kernel.params.iter().map(|param| param.name.as_str()).collect();
        return Err(Error::argument("PARAMETER", format_args!("{} of them", given.len()), names.join(", ")));
    }
    let (mut bytes, mut buffers) = (vec![0; kernel.param_bytes], Vec::new());
    for (param, text) in kernel.params.iter().zip(given) {
        let wrong = || Error::argument(&param.name, text, "a number, f32:1,2,3 or f32x32 (see --help)");
        let value = match text.split_once('=') {
            Some((name, _)) if name != param.name => return Err(wrong()),
            Some((_, value)) => value,
            None => text,
        };
        let value = match memory_of(value).ok_or_else(wrong)? {
            None => number(param, value).ok_or_else(wrong)?,
            Some((ty, data, words)) => {
                let address = memory.allocate(4 * words).ok_or_else(wrong)?;
                let data: Vec<u8> = data.iter().flat_map(|word| word.to_le_bytes()).collect();
                memory.write(address, &data).expect("the data fit");
                buffers.push(Buffer { name: param.name.clone(), ty, address, words });
                address
            }
        };
        bytes[param.offset..][..param.bytes].copy_from_slice(&value.to_le_bytes()[..param.bytes]);
    }
    Ok((bytes, buffers))
}

type Words = (Type, Vec<u32>, usize);

/// `f32:1,2,3`, `u32:0..32` and `f32x32`: a type, the data, and how many words it takes; `Some(None)` if it is a number.
fn memory_of(text: &str) -> Option<Option<Words>> {
    let types = [("f32", Type::F32), ("u32", Type::U32), ("s32", Type::S32)];
    let Some((rest, ty)) = types.iter().find_map(|&(name, ty)| Some((text.strip_prefix(name)?, ty))) else {
        return Some(None);
    };
    if let Some(words) = rest.strip_prefix('x') {
        return Some(Some((ty, Vec::new(), words.parse().ok().filter(|&words| words > 0)?)));
    }
    let list = rest.strip_prefix(':')?;
    let data: Vec<u32> = match list.split_once("..") {
        Some((from, to)) => (from.parse::<u32>().ok()?..to.parse().ok()?).map(|i| of_number(ty, i)).collect(),
        None => list.split(',').map(|number| word(ty, number)).collect::<Option<_>>()?,
    };
    let words = data.len();
    (words > 0).then_some(Some((ty, data, words)))
}

fn of_number(ty: Type, number: u32) -> u32 {
    if ty == Type::F32 { (number as f32).to_bits() } else { number }
}

fn word(ty: Type, text: &str) -> Option<u32> {
    match ty {
        Type::F32 => text.parse().ok().map(f32::to_bits),
        Type::S32 => text.parse::<i32>().ok().map(|number| number as u32),
        _ => text.parse().ok(),
    }
}

/// The bits of a number that is a parameter itself.
fn number(param: &Param, text: &str) -> Option<u64> {
    match param.ty? {
        ty if ty.is_wide() => text.parse().ok(),
        ty => word(ty, text).map(u64::from),
    }
}

/// What is in the buffers.
fn contents(buffers: &[Buffer], memory: &Memory) -> String {
    let mut text = String::new();
    let width = buffers.iter().map(|buffer| buffer.name.len()).max().unwrap_or(0);
    for buffer in buffers {
        let mut bytes = vec![0; 4 * buffer.words];
        memory.read(buffer.address, &mut bytes).expect("it is allocated");
        let numbers = bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes")));
        let _ = write!(text, "{:width$} ", buffer.name);
        for (i, number) in numbers.enumerate() {
            let end = if i > 0 && i % 16 == 0 { format!("\n{:width$} ", "") } else { String::new() };
            let _ = write!(text, "{end} {}", shown(buffer.ty, number));
        }
        text.push('\n');
    }
    text
}

/// A number; fresh memory holds ones in all bits, which is no number of an `f32`.
fn shown(ty: Type, word: u32) -> String {
    match ty {
        _ if word == u32::MAX && ty != Type::S32 => "-".into(),
        Type::F32 => f32::from_bits(word).to_string(),
        Type::S32 => (word as i32).to_string(),
        _ => word.to_string(),
    }
}

/// A fault, part by part.
fn stopped(fault: &Fault) -> String {
    let three = |[x, y, z]: [u32; 3]| format!("({x}, {y}, {z})");
    format!(
        "stopped: {:?}, which the driver reports as error {}\n  where        line {} of kernel {}\n  instruction  {}\n  \
         block        {}\n  thread       {}\n  problem      {}\n",
        fault.kind,
        fault.code(),
        fault.place.line,
        fault.kernel,
        fault.instruction,
        three(fault.block),
        three(fault.thread),
        wrapped(&fault.problem, 62, "\n               "),
    )
}

/// Text in lines of at most so many characters, with this in front of all but the first.
fn wrapped(text: &str, width: usize, front: &str) -> String {
    let (mut all, mut line) = (String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if line > 0 {
            let fits = line + 1 + length <= width;
            all.push_str(if fits { " " } else { front });
            line = if fits { line + 1 } else { 0 };
        }
        all.push_str(word);
        line += length;
    }
    all
}
