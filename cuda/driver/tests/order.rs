//! Random programs of streams, events and threads: whatever the order of the device's work, it keeps to what was asked.

mod common;

use common::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rustacuda::context::CurrentContext;
use rustacuda::event::{Event, EventFlags};
use rustacuda::stream::{Stream, StreamFlags, StreamWaitEventFlags};
use std::mem::replace;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A step of a program; streams by number.
#[derive(Debug, Clone)]
enum Step {
    /// Work that notes its number when it is done.
    Work(usize),
    /// What is queued in the first stream from now on waits for what is queued in the second one.
    Order(usize, usize),
    /// The host waits for a stream.
    Synchronize(usize),
    /// Several threads of the host wait for all of them at once.
    SynchronizeAll,
}

const STREAMS: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..STREAMS).prop_map(Step::Work),
        4 => (0..STREAMS, 0..STREAMS).prop_map(|(then, first)| Step::Order(then, first)),
        1 => (0..STREAMS).prop_map(Step::Synchronize),
        1 => Just(Step::SynchronizeAll),
    ]
}

#[test]
fn work_is_done_in_the_order_that_was_asked_for() {
    let _context = context();
    TestRunner::default().run(&vec(step(), 1..60), run).unwrap();
}

/// Runs a program in the current context.
fn run(program: Vec<Step>) -> Result<(), TestCaseError> {
    // Two of them are blocking, which changes nothing among them while the default stream is empty.
    let kinds = [StreamFlags::NON_BLOCKING, StreamFlags::DEFAULT];
    let streams: Vec<_> = (0..STREAMS).map(|i| Stream::new(kinds[i % 2], None).unwrap()).collect();
    let context = CurrentContext::get_current().unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    // What each piece of work comes after, and what the next piece in each stream will come after.
    let mut after: Vec<Vec<usize>> = Vec::new();
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); STREAMS];

    let is_done = |work: &[usize]| {
        let log = log.lock().unwrap();
        work.iter().all(|number| log.contains(number))
    };
    for step in program {
        match step {
            Step::Work(i) => {
                let (number, log) = (after.len(), log.clone());
                after.push(replace(&mut next[i], vec![number]));
                let work = move |_| {
                    thread::sleep(Duration::from_micros(10)); // for others to come in between, if they can
                    log.lock().unwrap().push(number);
                };
                streams[i].add_callback(Box::new(work)).unwrap();
            }
            Step::Order(then, first) => {
                let event = Event::new(EventFlags::DISABLE_TIMING).unwrap();
                event.record(&streams[first]).unwrap();
                streams[then].wait_event(event, StreamWaitEventFlags::DEFAULT).unwrap();
                let more = next[first].clone();
                next[then].extend(more);
            }
            Step::Synchronize(i) => {
                streams[i].synchronize().unwrap();
                prop_assert!(is_done(&next[i]));
            }
            Step::SynchronizeAll => {
                thread::scope(|scope| {
                    for _ in 0..3 {
                        scope.spawn(|| {
                            CurrentContext::set_current(&context).unwrap();
                            CurrentContext::synchronize().unwrap();
                        });
                    }
                });
                prop_assert!(next.iter().all(|work| is_done(work)));
            }
        }
    }
    CurrentContext::synchronize().unwrap();

    let log = log.lock().unwrap();
    prop_assert_eq!(log.len(), after.len());
    let place = |number: usize| log.iter().position(|other| *other == number);
    for (number, after) in after.iter().enumerate() {
        for earlier in after {
            prop_assert!(place(*earlier) < place(number), "{} was done before {}", number, earlier);
        }
    }
    Ok(())
}
