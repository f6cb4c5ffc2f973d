//! Chapter 11's demonstration.

use ch11_choosing::{Auto, Pass, layers, problem, race};
use std::process::ExitCode;
use std::time::Duration;
use unrolled::{cli, parallel, say};

fn main() -> ExitCode {
    cli::run("Usage: ch11-choosing", |mut args| {
        let threads = args.value("--threads", "n")?.unwrap_or(1);
        let file: Option<std::path::PathBuf> = args.value("--layers", "n")?;
        let only: String = args.value("--only", "n")?.unwrap_or_default();
        let ms = args.value("--ms", "n")?.unwrap_or(60);
        let tolerance = args.value("--tolerance", "n")?.unwrap_or(64.0);
        args.finish()?;
        parallel::set_threads(threads)?;
        let machine = ch11_choosing::Machine::this(threads);
        say!("{machine}");
        let auto = Auto { tolerance, ..Auto::on(machine) };
        let list = match file { Some(f) => layers::read(&f)?, None => layers::parse(layers::BUILT_IN).unwrap() };
        let only: Vec<_> = only.split(',').filter(|s| !s.is_empty()).collect();
        let mut races = vec![];
        for layer in layers::only(list, &only)? {
            let p = problem::fill(&layer)?;
            for pass in Pass::ALL {
                let mut entrants = p.entrants(&auto, pass);
                let first = entrants[0].forecast.total();
                entrants.retain(|e| e.forecast.total() < 5.0 * first);
                let cpu = || std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(' ').next().unwrap().parse::<f64>().unwrap();
                let mut times: Vec<f64> = vec![f64::INFINITY; entrants.len()];
                for _ in 0..2 { for (e, t) in entrants.iter().zip(&mut times) {
                    (e.run)().unwrap();
                    let (w, c) = (std::time::Instant::now(), cpu());
                    let mut n = 0;
                    while cpu() - c < ms as f64 * 1e6 && w.elapsed().as_millis() < 4 * ms as u128 || n < 1 { (e.run)().unwrap(); n += 1; }
                    *t = t.min((cpu() - c) / n as f64 / 1e9);
                } }
                let times: Vec<Result<Duration, ()>> = times.into_iter().map(|t| Ok(Duration::from_secs_f64(t))).collect();
                let best = times.iter().flatten().min().unwrap();
                races.push((times[0].as_ref().unwrap().as_secs_f64(), best.as_secs_f64()));
                for (e, t) in entrants.iter().zip(&times) {
                    let t = t.as_ref().unwrap();
                    let f = e.forecast;
                    say!("{:16} {pass:10} {:20} {:9.4} {:9.4} {:6.2}  {:6.1} {:4.0}% | {:.3} {:.3} {:.3} {}", layer.name, e.name, t.as_secs_f64()*1e3, f.total()*1e3, f.total()/t.as_secs_f64(), p.flops()/t.as_secs_f64()/1e9,
                    100.0*machine.roofline(p.flops(), p.bytes())/t.as_secs_f64(), f.arithmetic*1e3, f.memory*1e3,f.overhead*1e3, if t == best { "*" } else { "" });
                }
            }
        }
        say!("regret {:.4}", race::regret(&races));
        Ok(())
    })
}
