//! The thread pool: every task once, whatever happens.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use unrolled::parallel::{MAX_THREADS, Tile, chunks_mut, for_each, set_threads, tiles_mut};

fn counters(n: usize) -> Vec<AtomicUsize> {
    (0..n).map(|_| AtomicUsize::new(0)).collect()
}

fn all_once(counters: &[AtomicUsize]) -> bool {
    counters.iter().all(|count| count.load(Relaxed) == 1)
}

#[test]
fn each_task_runs_once() {
    for threads in [1, 2, 3, 8, MAX_THREADS] {
        set_threads(threads).unwrap();
        for tasks in [0, 1, 2, 3, 7, 64, 1000] {
            let seen = counters(tasks);
            for_each(tasks, |i| {
                seen[i].fetch_add(1, Relaxed);
            });
            assert!(all_once(&seen), "{threads} threads, {tasks} tasks");
        }
    }
}

#[test]
fn chunks_and_tiles_cover_everything_once() {
    set_threads(3).unwrap();
    for len in [0, 1, 9, 10, 11, 1000] {
        let mut data = vec![0; len];
        chunks_mut(&mut data, 10, |i, chunk| {
            assert!(chunk.len() == 10 || i == len / 10);
            chunk.iter_mut().enumerate().for_each(|(j, x)| *x += i * 10 + j + 1);
        });
        assert!(data.iter().enumerate().all(|(i, &x)| x == i + 1), "{len}");
    }
    for (rows, width, tile) in [(1, 1, (1, 1)), (7, 5, (2, 3)), (6, 4, (6, 4)), (3, 100, (100, 7)), (0, 5, (1, 1))] {
        let mut data = vec![0; rows * width];
        tiles_mut(&mut data, width, tile, |i, j, mut t| {
            for row in 0..t.rows() {
                let first = (i * tile.0 + row) * width + j * tile.1;
                t.row(row).iter_mut().enumerate().for_each(|(k, x)| *x += first + k + 1);
            }
        });
        assert!(data.iter().enumerate().all(|(i, &x)| x == i + 1), "{rows} x {width} in {tile:?}");
    }
}

#[test]
fn calls_nest_and_callers_meet() {
    set_threads(4).unwrap();
    let seen = counters(6 * 50 * 20);
    std::thread::scope(|scope| {
        for caller in 0..6 {
            let seen = &seen;
            scope.spawn(move || {
                for_each(50, |i| {
                    for_each(20, |j| {
                        seen[(caller * 50 + i) * 20 + j].fetch_add(1, Relaxed);
                    });
                });
            });
        }
    });
    assert!(all_once(&seen));
}

#[test]
fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
    set_threads(2).unwrap();
    for guilty in [0, 1, 99] {
        let result = catch_unwind(AssertUnwindSafe(|| for_each(100, |i| assert!(i != guilty, "task {i} failed"))));
        let message = *result.unwrap_err().downcast::<String>().expect("a message");
        assert_eq!(message, format!("task {guilty} failed"));
        let seen = counters(100);
        for_each(100, |i| {
            seen[i].fetch_add(1, Relaxed);
        });
        assert!(all_once(&seen));
    }
}

#[test]
fn a_hundred_thousand_small_jobs() {
    set_threads(2).unwrap();
    let sum = AtomicUsize::new(0);
    for _ in 0..100_000 {
        for_each(2, |i| {
            sum.fetch_add(i + 1, Relaxed);
        });
    }
    assert_eq!(sum.into_inner(), 300_000);
}

#[test]
fn numbers_of_threads_that_make_no_sense() {
    assert_eq!(set_threads(0).unwrap_err().to_string(), "threads: got 0, expected 1 to 64");
    set_threads(MAX_THREADS + 1).unwrap_err();
}

#[test]
fn tiles_keep_inside() {
    let message = |f: &dyn Fn()| {
        *catch_unwind(AssertUnwindSafe(f)).expect_err("a panic").downcast::<String>().expect("a message")
    };
    let panics = |f: &dyn Fn()| !message(f).contains("assertion");
    let inside = || vec![0; 6];
    assert!(panics(&|| assert_eq!(Tile::new(&mut inside(), 3, 3).rows(), 0)));
    assert!(panics(&|| assert_eq!(Tile::new(&mut inside(), usize::MAX, 3).rows(), 0)));
    assert!(panics(&|| {
        Tile::new(&mut inside(), 3, 2).row(2);
    }));
    assert!(panics(&|| {
        Tile::new(&mut inside(), 3, 2).tile(0..3, 0..1);
    }));
    assert!(panics(&|| {
        Tile::new(&mut inside(), 3, 2).tile(0..1, 2..4);
    }));
    let mut data = inside();
    let mut whole = Tile::new(&mut data, 3, 2);
    let mut corner = whole.tile(1..2, 1..3);
    corner.row(0).fill(9);
    assert_eq!((corner.rows(), corner.cols(), corner.stride()), (1, 2, 3));
    assert_eq!(whole.tile(2..2, 3..3).rows(), 0);
    assert_eq!(data, [0, 0, 0, 0, 9, 9]);
}
