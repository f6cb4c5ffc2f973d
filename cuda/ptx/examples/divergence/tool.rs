//! What `divergence` draws, as a function: the tests call it, too.

use ptx::ir::Op;
use ptx::{Kernel, Launch, Memory, Options, TraceOf, parse};
use std::sync::Arc;
use unrolled::svg::Svg;

/// Lanes of the warp.
const LANES: usize = 8;
// Height of a step, width of a lane, and where the lanes and the stack begin.
const ROW: f64 = 26.0;
const LANE: f64 = 26.0;
const AT: f64 = 240.0;
const STACK: f64 = 474.0;

/// A step of the trace: an instruction, and the lanes at work.
struct Step {
    pc: usize,
    lanes: u32,
}

/// The steps that the simulator traces.
fn steps(kernel: &Arc<Kernel>) -> Vec<Step> {
    let trace = TraceOf { kernel: kernel.name.clone(), block: [0; 3], warp: 0 };
    let options = Options { trace: Some(trace), ..Options::default() };
    let (kernel, params, symbols) = (kernel.clone(), Vec::new(), Arc::new([]));
    let block = [LANES as u32, 1, 1];
    let launch = Launch { kernel, grid: [1; 3], block, shared_bytes: 0, params, symbols };
    let seen = launch.observe(&Memory::new(0, 0), options).expect("nothing is wrong with it");
    let step = |line: &str| {
        let mut words = line.split_whitespace();
        let line: u32 = words.next()?.parse().ok()?;
        let lanes = u32::from_str_radix(words.next()?, 16).ok()?;
        Some(Step { pc: launch.kernel.code.iter().position(|i| i.place.line == line)?, lanes })
    };
    seen.trace.lines().map(|line| step(line).expect("a line, and lanes")).collect()
}

/// Who runs at a step, and who waits: lanes, and the instruction that they wait for, what waits longest first.
type Stack = (u32, Vec<(u32, usize)>);

/// The stacks of all steps, found from the trace alone.
fn stacks(kernel: &Kernel, steps: &[Step]) -> Vec<Stack> {
    let mut stack = Vec::new();
    let mut stacks = Vec::new();
    let mut running = (1 << LANES) - 1;
    for (i, step) in steps.iter().enumerate() {
        stacks.push((running, stack.clone()));
        let next = steps.get(i + 1);
        if let Op::Bra { target, join: Some(join), .. } = kernel.code[step.pc].op
            && step.lanes != 0
            && step.lanes != running
        {
            // They part: all of them will go on at the meeting point, and the others wait for their turn.
            stack.push((running, join as usize));
            stack.push((running & !step.lanes, step.pc + 1));
            running = step.lanes;
            assert_eq!(next.map(|next| next.pc), Some(target as usize), "those that jump go first");
        }
        // Those that run have come to where others wait, or to where they meet: the next frame's turn.
        let place = |step: &Step| (step.lanes, step.pc);
        if let Some(next) = next.map(place)
            && stack.last() == Some(&next)
        {
            running = next.0;
            stack.pop();
        }
    }
    stacks
}

/// The figure.
pub fn figure() -> String {
    let source = include_str!("../diverge.ptx");
    let kernel = parse(source).expect("the kernel is PTX").kernels[0].clone();
    let steps = steps(&kernel);
    let stacks = stacks(&kernel, &steps);
    let (first, last) = (1, steps.len() - 1); // without the mov in front, and the ret
    let shown = &steps[first..last];
    let height = 78.0 + ROW * shown.len() as f64;
    let mut svg = Svg::new(
        720.0,
        height,
        "The lanes of a warp part and meet",
        "A row for each step of a warp of eight lanes. First all lanes run, then lanes 0 to 4, of these lane 0 and then \
         lanes 1 to 4, then 0 to 4 again, then 5 to 7, and in the end all. Beside each row the frames of the stack.",
    );
    svg.text("soft start", [20.0, 26.0], "line and step").text(
        "soft",
        [AT + LANE * LANES as f64 / 2.0, 26.0],
        "lanes at work",
    );
    svg.text("soft start", [STACK, 26.0], "on the stack, next one last");
    for lane in 0..LANES {
        svg.text("small soft", [AT + LANE * (lane as f64 + 0.5), 46.0], lane);
    }
    for (i, (step, (running, stack))) in shown.iter().zip(&stacks[first..last]).enumerate() {
        let y = 60.0 + ROW * i as f64;
        let line = kernel.code[step.pc].place.line;
        svg.text("small soft start", [20.0, y + ROW / 2.0], line);
        svg.text("small code start", [44.0, y + ROW / 2.0], &kernel.text[step.pc]);
        for lane in 0..LANES {
            let class = if running >> lane & 1 == 1 { "cell hot" } else { "cell" };
            svg.rect(class, [AT + LANE * lane as f64, y], [LANE, ROW - 4.0]);
        }
        for (k, (lanes, pc)) in stack.iter().enumerate() {
            let frame = format!("{lanes:02x} → {}", kernel.code[*pc].place.line);
            svg.text("small code start", [STACK + 60.0 * k as f64, y + ROW / 2.0], frame);
        }
    }
    svg.finish()
}
