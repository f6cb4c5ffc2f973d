//! The race against PyTorch, which runs in a process of its own.

use crate::options::Options;
use ch09_lenet::progress::Progress;
use ch11_choosing::layers::Layer;
use ch11_choosing::race::{geometric_mean, race};
use ch11_choosing::{Pass, problem};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use unrolled::{Error, Result, say};

/// The script, which also runs by itself.
const SCRIPT: &str = include_str!("../peers/torch_conv.py");

/// PyTorch hands the memory of large outputs back to the system after each call, and then mostly measures how fast it gets it
/// again. These make its allocator keep it, as this workspace's does: so kernels are compared.
const WARM_HEAP: [(&str, &str); 2] =
    [("MALLOC_MMAP_THRESHOLD_", "8000000000"), ("MALLOC_TRIM_THRESHOLD_", "16000000000")];

/// Turns for each side, of which the median counts.
const TURNS: usize = 3;

/// Threads that have just finished may look for more work for a moment, and are in the way of others.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs the chosen candidates and PyTorch in turns.
pub fn run(options: &Options) -> Result<()> {
    let mut progress = Progress::start();
    progress.show(|| "starting python3".into());
    let (mut peer, version) = Peer::start(options.machine.threads)?;
    progress.clear();
    say!(
        "Milliseconds of what the forecast chooses, and of PyTorch, in turns, on {} thread(s).",
        options.machine.threads
    );
    say!("{version}\n");
    say!("layer and pass                 here    PyTorch   ratio");
    let mut ratios = Vec::new();
    for (i, layer) in options.layers.iter().enumerate() {
        let problem = problem::fill(layer)?;
        for &pass in &options.passes {
            progress.show(|| options.text(i, pass));
            let budget = options.budget / TURNS as u32;
            let (mut here, mut there) = (Vec::new(), Vec::new());
            for _ in 0..TURNS {
                there.push(peer.time(layer, pass, budget)?);
                std::thread::sleep(PAUSE);
                let time = race(1, budget, |_| problem.auto(&options.auto, pass).map(drop)).remove(0)?;
                here.push(time.as_secs_f64() * 1e3);
            }
            let [here, there] = [here, there].map(|mut times| {
                times.sort_by(f64::total_cmp);
                times[TURNS / 2]
            });
            progress.clear();
            say!("{:25} {here:10.3} {there:10.3} {:7.2}", format!("{}.{pass}", layer.name), here / there);
            ratios.push((pass, here / there));
        }
    }
    say!("\nGeometric mean of the ratios:");
    for &pass in &options.passes {
        let of_pass = ratios.iter().filter(|(of, _)| *of == pass).map(|(_, ratio)| *ratio);
        say!("{:10} {:.3}", pass.name(), geometric_mean(of_pass));
    }
    Ok(())
}

/// The other process.
struct Peer {
    child: Child,
    requests: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts it; says which version it is.
    fn start(threads: usize) -> Result<(Self, String)> {
        let child = Command::new("python3")
            .args(["-c", SCRIPT, "--serve", "--threads", &threads.to_string()])
            .envs(WARM_HEAP)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let needs = "--torch needs Python 3 on the path, with torch: pip install torch";
        let mut child = child.map_err(|e| Error::failed("starting python3", format!("{e}; {needs}")))?;
        let (requests, replies) = (child.stdin.take(), child.stdout.take().expect("it is piped"));
        let mut peer = Self { child, requests, replies: BufReader::new(replies) };
        match peer.line()? {
            line if line.starts_with("# torch ") => Ok((peer, line[2..].to_owned())),
            line => Err(Error::failed(
                "starting PyTorch",
                format!("{}; {needs}", if line.is_empty() { "it ended" } else { &line }),
            )),
        }
    }

    /// Milliseconds of a pass, the median of calls for about `budget`.
    fn time(&mut self, layer: &Layer, pass: Pass, budget: Duration) -> Result<f64> {
        let name = format!("{}.{pass}", layer.name);
        let failed = |problem: String| Error::failed(format!("timing PyTorch on {name}"), problem);
        let requests = self.requests.as_mut().expect("open until the end");
        writeln!(requests, "{}\t{pass}\t{}", layer.line, budget.as_secs_f64())
            .and_then(|()| requests.flush())
            .map_err(|e| failed(e.to_string()))?;
        let line = self.line()?;
        let ms = line.strip_prefix(&name).and_then(|rest| rest.split('\t').nth(1)?.parse().ok());
        match ms {
            Some(ms) if ms > 0.0 => Ok(ms),
            _ if line.is_empty() => Err(failed("it ended".into())),
            _ => Err(failed(format!("it answered {line:?}"))),
        }
    }

    /// A line of its output; empty at the end.
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.replies.read_line(&mut line).map_err(|e| Error::failed("reading what python3 prints", e))?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Peer {
    /// Without more requests it ends.
    fn drop(&mut self) {
        self.requests = None;
        // Whatever becomes of it, there is nothing left to do for it.
        let _ = self.child.wait();
    }
}
