//! Streams, events and callbacks.

mod common;

use common::*;
use rustacuda::error::{CudaError, CudaResult};
use rustacuda::event::{Event, EventFlags, EventStatus};
use rustacuda::memory::DeviceBuffer;
use rustacuda::stream::{Stream, StreamWaitEventFlags};
use std::sync::mpsc;

fn event() -> Event {
    Event::new(EventFlags::DEFAULT).unwrap()
}

/// Records an event in one stream and makes another wait for it. RustaCUDA drops the event then.
fn order(first: &Stream, then: &Stream) {
    let event = event();
    event.record(first).unwrap();
    then.wait_event(event, StreamWaitEventFlags::DEFAULT).unwrap();
}

#[test]
fn events_order_streams() {
    let _context = context();
    let (module, a, b) = (module(), stream(), stream());
    let mut number = Number::new();
    number.append(&module, &a, 1).unwrap();
    order(&a, &b);
    number.append(&module, &b, 2).unwrap();
    order(&b, &a);
    number.append(&module, &a, 3).unwrap();
    order(&a, &b);
    number.append(&module, &b, 4).unwrap();
    b.synchronize().unwrap();
    assert_eq!(number.get(), Ok(1234));
}

#[test]
fn a_missing_event_shows() {
    let _context = context();
    let (module, a, b) = (module(), stream(), stream());
    let mut number = Number::new();
    if simulated() {
        number.append(&module, &a, 1).unwrap();
        number.append(&module, &b, 2).unwrap();
        b.synchronize().unwrap();
        assert_eq!(number.get(), Ok(2));
        a.synchronize().unwrap();
        assert_eq!(number.get(), Ok(21));
    }
}

#[test]
fn a_wait_is_for_the_event_as_it_was_recorded() {
    let _context = context();
    let (module, a, b) = (module(), stream(), stream());
    let mut number = Number::new();
    let never = event();
    b.wait_event(never, StreamWaitEventFlags::DEFAULT).unwrap(); // waits for nothing
    let event = event();
    number.append(&module, &a, 1).unwrap();
    event.record(&a).unwrap();
    if simulated() {
        number.append(&module, &a, 2).unwrap();
        event.synchronize().unwrap();
        assert_eq!(number.get(), Ok(1)); // the first alone
        event.record(&a).unwrap();
        number.append(&module, &a, 3).unwrap();
        event.synchronize().unwrap();
        assert_eq!(number.get(), Ok(12));
    }
    a.synchronize().unwrap();
    b.synchronize().unwrap();
}

#[test]
fn events_of_other_contexts_can_be_waited_for() {
    let _first = context();
    let (first_module, a) = (module(), stream());
    let mut number = Number::new();
    let event = event();
    number.append(&first_module, &a, 1).unwrap();
    event.record(&a).unwrap();

    let second = context();
    let b = stream();
    assert_eq!(event.record(&b), Err(CudaError::InvalidHandle)); // but not recorded
    b.wait_event(event, StreamWaitEventFlags::DEFAULT).unwrap();
    b.synchronize().unwrap();
    drop((b, second));
    assert_eq!(number.get(), Ok(1));
}

#[test]
fn a_kernel_needs_a_stream_of_its_context() {
    let _first = context();
    let (first_module, a) = (module(), stream());
    let mut number = Number::new();
    let second = context();
    let b = stream();
    assert_eq!(number.append(&first_module, &b, 1), Err(CudaError::InvalidHandle));
    assert_eq!(number.append(&first_module, &a, 1), Err(CudaError::InvalidHandle)); // nor is theirs current
    let second_module = module();
    assert_eq!(number.append(&second_module, &a, 1), Err(CudaError::InvalidHandle));
    drop((second_module, b, second));
    assert_eq!(number.append(&first_module, &a, 1), Ok(()));
    a.synchronize().unwrap();
}

#[test]
fn asking_an_event_until_it_is_done() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut number = Number::new();
    let event = event();
    assert_eq!(event.query(), Ok(EventStatus::Ready)); // never recorded
    for digit in 1..=5 {
        number.append(&module, &stream, digit).unwrap();
    }
    event.record(&stream).unwrap();
    if simulated() {
        assert_eq!(event.query(), Ok(EventStatus::NotReady));
    }
    while event.query().unwrap() == EventStatus::NotReady {}
    assert_eq!(number.get(), Ok(12345));
}

#[test]
fn time_passes_between_events() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut number = Number::new();
    let (start, end) = (event(), event());
    assert_eq!(end.elapsed_time_f32(&start), Err(CudaError::InvalidHandle)); // not recorded
    start.record(&stream).unwrap();
    number.append(&module, &stream, 1).unwrap();
    end.record(&stream).unwrap();
    if simulated() {
        assert_eq!(end.elapsed_time_f32(&start), Err(CudaError::NotReady));
    }
    end.synchronize().unwrap();
    let time = end.elapsed_time_f32(&start).unwrap();
    assert!(time > 0.0);
    assert_eq!(start.elapsed_time_f32(&end), Ok(-time));
    assert_eq!(start.elapsed_time_f32(&start), Ok(0.0));

    let untimed = Event::new(EventFlags::DISABLE_TIMING).unwrap();
    untimed.record(&stream).unwrap();
    untimed.synchronize().unwrap();
    assert_eq!(untimed.elapsed_time_f32(&start), Err(CudaError::InvalidHandle));
}

#[test]
fn no_time_passes_between_events_of_two_contexts() {
    let recorded = || {
        let (stream, event) = (stream(), event());
        event.record(&stream).unwrap();
        event.synchronize().unwrap();
        event
    };
    let _first = context();
    let start = recorded();
    let _second = context();
    let end = recorded();
    assert_eq!(end.elapsed_time_f32(&start), Err(CudaError::InvalidHandle));
}

#[test]
fn callbacks_come_in_order_and_may_not_call_the_driver() {
    let _context = context();
    let (module, stream) = (module(), stream());
    let mut number = Number::new();
    let (tell, told) = mpsc::channel();
    for i in 0..3 {
        number.append(&module, &stream, 1).unwrap();
        let tell = tell.clone();
        let callback = move |status: CudaResult<()>| {
            let call = rustacuda::context::CurrentContext::synchronize();
            tell.send((i, status, call.is_err())).unwrap();
        };
        stream.add_callback(Box::new(callback)).unwrap();
    }
    if simulated() {
        assert!(told.try_recv().is_err());
    }
    stream.synchronize().unwrap();
    drop(tell);
    assert_eq!(told.iter().collect::<Vec<_>>(), [(0, Ok(()), true), (1, Ok(()), true), (2, Ok(()), true)]);
    assert_eq!(number.get(), Ok(111)); // and the driver can be called again
}

#[test]
fn callbacks_hear_of_faults() {
    let context = context();
    let (module, stream) = (module(), stream());
    let mut buffer = DeviceBuffer::from_slice(&[0; 4]).unwrap();
    let (tell, told) = mpsc::channel();
    misbehave(&module, &name("outside"), &stream, &mut buffer);
    stream.add_callback(Box::new(move |status: CudaResult<()>| tell.send(status).unwrap())).unwrap();
    assert_eq!(stream.synchronize(), Err(CudaError::IllegalAddress));
    assert_eq!(told.recv().unwrap(), Err(CudaError::IllegalAddress));
    std::mem::forget((buffer, stream, module));
    drop(context);
}

#[test]
fn a_context_that_is_dropped_has_done_its_work() {
    let context = context();
    let (module, stream) = (module(), stream());
    let (tell, told) = mpsc::channel();
    stream.add_callback(Box::new(move |status: CudaResult<()>| tell.send(status).unwrap())).unwrap();
    std::mem::forget((stream, module));
    drop(context);
    assert_eq!(told.recv().unwrap(), Ok(()));
}

#[test]
fn a_stream_that_is_dropped_has_done_its_work() {
    let _context = context();
    let (module, a) = (module(), stream());
    let mut number = Number::new();
    number.append(&module, &a, 6).unwrap();
    drop(a);
    if simulated() {
        assert_eq!(number.get(), Ok(6));
    }
}
