//! Two planted bugs: a race that a machine's moods decide, and a candidate that promises more digits than it has.

use ch01_naive::Naive;
use ch03_winograd::Winograd;
use ch11_choosing::race::race_by;
use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use unrolled::testing::Cases;

/// Milliseconds of two runners' calls. The second is the fastest.
const RUNNERS: [f64; 2] = [1.0, 0.9];
/// Milliseconds for each runner.
const BUDGET: f64 = 90.0;

// ANCHOR: moods
/// A machine with a clock of its own, on which all takes half as long again while it is in a bad mood.
struct Moody {
    now: Cell<f64>,
    bad: Range<f64>,
}

impl Moody {
    fn call(&self, runner: usize) {
        let mood = if self.bad.contains(&self.now.get()) { 1.5 } else { 1.0 };
        self.now.set(self.now.get() + mood * RUNNERS[runner]);
    }

    /// Milliseconds of a call.
    fn timed(&self, runner: usize) -> f64 {
        let before = self.now.get();
        self.call(runner);
        self.now.get() - before
    }
}
// ANCHOR_END: moods

/// Which has won.
fn fastest(times: [f64; 2]) -> usize {
    usize::from(times[1] < times[0])
}

/// The book's race.
fn in_turns(machine: &Moody) -> usize {
    let clock = || Duration::from_secs_f64(machine.now.get() / 1e3);
    let budget = Duration::from_secs_f64(BUDGET / 1e3);
    let times = race_by(clock, 2, budget, |i| {
        machine.call(i);
        Ok(())
    });
    let [first, second] = &times[..] else { unreachable!("two runners") };
    let ms = |time: &unrolled::Result<Duration>| time.as_ref().expect("no error").as_secs_f64() * 1e3;
    fastest([ms(first), ms(second)])
}

// ANCHOR: planted
/// As most people time two functions: first the one, then the other, and the median of each.
fn one_after_another(machine: &Moody) -> usize {
    fastest([0, 1].map(|i| {
        let start = machine.now.get();
        let mut times = Vec::new();
        while machine.now.get() - start < BUDGET {
            times.push(machine.timed(i));
        }
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }))
}

/// In turns, but by the mean.
fn by_the_mean(machine: &Moody) -> usize {
    let mut all = [(0.0, 0.0); 2]; // milliseconds, calls
    for i in (0..3).flat_map(|_| [0, 1]) {
        let start = machine.now.get();
        while machine.now.get() - start < BUDGET / 3.0 {
            all[i] = (all[i].0 + machine.timed(i), all[i].1 + 1.0);
        }
    }
    fastest(all.map(|(ms, calls)| ms / calls))
}
// ANCHOR_END: planted

fn calm() -> Moody {
    Moody { now: Cell::new(0.0), bad: 0.0..0.0 }
}

/// Bad moods that last a third of a race, and begin anywhere.
fn moods() -> impl Iterator<Item = Moody> {
    (0..180).map(|start| Moody { now: Cell::new(0.0), bad: f64::from(start)..f64::from(start) + 60.0 })
}

// ANCHOR: weak
#[test]
fn on_a_calm_machine_every_race_is_fair() {
    for race in [in_turns, one_after_another, by_the_mean] {
        assert_eq!(race(&calm()), 1);
    }
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn a_bad_mood_decides_all_races_but_one() {
    let wrong = |race: fn(&Moody) -> usize| moods().filter(|machine| race(machine) != 1).count();
    assert_eq!([in_turns, one_after_another, by_the_mean].map(wrong), [0, 43, 6], "of 180");
}
// ANCHOR_END: strong

/// What no race survives, and the book says so: a mood that stays.
#[test]
fn a_mood_that_stays_decides_this_race_too() {
    let stays = |start: i32| Moody { now: Cell::new(0.0), bad: f64::from(start)..f64::INFINITY };
    assert!((0..180).any(|start| in_turns(&stays(start)) != 1));
}

// ANCHOR: digits
/// Whether F(6×6, 3×3) is found out, if it says that it is as exact as this many plain sums.
fn found_out(tolerance: f64) -> bool {
    let cases = Cases { exact: false, tolerance, size: 6..=12, count: 32, ..Cases::<2>::any() };
    let cases = cases.stride_one().no_dilation().kernel([3, 3]);
    catch_unwind(AssertUnwindSafe(|| cases.assert_agrees(&Winograd::<6>, &Naive))).is_err()
}

#[test]
fn a_promise_of_digits_is_held_against_it() {
    assert!(!found_out(1e4), "the usual test: right, if it isn't far off");
    assert!(found_out(1.0), "it says what all do that only add up products");
    assert!(!found_out(64.0), "what it does say");
}
// ANCHOR_END: digits
