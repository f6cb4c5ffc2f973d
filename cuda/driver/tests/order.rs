//! Random programs of streams, events and threads: whatever the order of the device's work, it keeps to what was asked.

mod common;

use common::*;
use proptest::collection::vec;
use proptest::prelude::*;
use rustacuda::context::CurrentContext;
use rustacuda::event::{Event, EventFlags};
use rustacuda::stream::{Stream, StreamFlags, StreamWaitEventFlags};
use std::sync::{Arc, Mutex};
use std::thread;

/// A step of a program; streams by number.
#[derive(Debug, Clone)]
enum Step {
    /// Work that notes its number when it is done.
    Work(usize),
    /// The second stream waits for what is queued in the first one.
    Order(usize, usize),
    /// The host waits for a stream.
    Synchronize(usize),
    /// The host waits for all of them.
    SynchronizeAll,
}

const STREAMS: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..STREAMS).prop_map(Step::Work),
        4 => (0..STREAMS, 0..STREAMS).prop_map(|(first, then)| Step::Order(first, then)),
        1 => (0..STREAMS).prop_map(Step::Synchronize),
        1 => Just(Step::SynchronizeAll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn work_is_done_in_the_order_that_was_asked_for(program in vec(step(), 1..60)) {
        let _context = context();
        // Two of them are blocking, which changes nothing among them while the default stream is empty.
        let kinds = [StreamFlags::NON_BLOCKING, StreamFlags::DEFAULT];
        let streams: Vec<_> = (0..STREAMS).map(|i| Stream::new(kinds[i % 2], None).unwrap()).collect();
        let log = Arc::new(Mutex::new(Vec::new()));
        // What each piece of work must come after, and what the next piece of each stream must come after.
        let mut after: Vec<Vec<usize>> = Vec::new();
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); STREAMS];
        // Streams that other host threads wait for, together with this one.
        let unowned = CurrentContext::get_current().unwrap();

        let must_be_done = |work: &[usize]| {
            let log = log.lock().unwrap();
            work.iter().all(|work| log.contains(work))
        };
        for step in program {
            match step {
                Step::Work(i) => {
                    let (number, log) = (after.len(), log.clone());
                    after.push(std::mem::replace(&mut next[i], vec![number]));
                    streams[i].add_callback(Box::new(move |_| log.lock().unwrap().push(number))).unwrap();
                }
                Step::Order(first, then) => {
                    let event = Event::new(EventFlags::DISABLE_TIMING).unwrap();
                    event.record(&streams[first]).unwrap();
                    streams[then].wait_event(event, StreamWaitEventFlags::DEFAULT).unwrap();
                    let more = next[first].clone();
                    next[then].extend(more);
                }
                Step::Synchronize(i) => {
                    streams[i].synchronize().unwrap();
                    prop_assert!(must_be_done(&next[i]));
                }
                Step::SynchronizeAll => {
                    thread::scope(|scope| {
                        for _ in 0..2 {
                            scope.spawn(|| {
                                CurrentContext::set_current(&unowned).unwrap();
                                CurrentContext::synchronize().unwrap();
                            });
                        }
                    });
                    prop_assert!(next.iter().all(|work| must_be_done(work)));
                }
            }
        }
        CurrentContext::synchronize().unwrap();

        let log = log.lock().unwrap();
        let place = |number: usize| log.iter().position(|other| *other == number);
        prop_assert_eq!(log.len(), after.len());
        for (number, after) in after.iter().enumerate() {
            for earlier in after {
                prop_assert!(place(*earlier) < place(number), "{} was done before {}", number, earlier);
            }
        }
    }
}
