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

/// Several tasks at once, and in a call inside of a call: the caller hears of one.
#[test]
fn panics_may_meet() {
    set_threads(3).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let all = catch_unwind(|| for_each(50, |i| for_each(3, |j| panic!("{i} and {j}"))));
                    let message = *all.unwrap_err().downcast::<String>().expect("a message");
                    assert!(message.ends_with(" and 0"), "the inner call runs in order: {message}");
                }
            });
        }
    });
    let seen = counters(1000);
    for_each(1000, |i| {
        seen[i].fetch_add(1, Relaxed);
    });
    assert!(all_once(&seen), "the pool lives on");
}

/// What a panic carries may panic itself when it's dropped; the pool drops none, and lives on.
#[test]
fn a_panic_may_carry_a_panic() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "the bomb went off");
        }
    }
    set_threads(4).unwrap();
    for _ in 0..100 {
        // Long enough for several threads to be inside of a task when it panics.
        let task = |_| {
            std::thread::sleep(std::time::Duration::from_micros(50));
            std::panic::panic_any(Bomb(true))
        };
        catch_unwind(|| for_each(8, task)).unwrap_err().downcast::<Bomb>().expect("a bomb").0 = false;
        let seen = counters(8);
        for_each(8, |i| {
            seen[i].fetch_add(1, Relaxed);
        });
        assert!(all_once(&seen));
    }
}

/// Sizes that would leave a part of the data out, silently.
#[test]
fn sizes_that_make_no_sense() {
    let panics = |f: &dyn Fn()| catch_unwind(AssertUnwindSafe(f)).is_err();
    assert!(panics(&|| chunks_mut(&mut [1, 2], 0, |_, _| ())));
    assert!(panics(&|| tiles_mut(&mut [1, 2, 3], 2, (1, 1), |_, _, _| ())));
    assert!(panics(&|| tiles_mut(&mut [1, 2], 2, (0, 1), |_, _, _| ())));
    assert!(panics(&|| tiles_mut(&mut [1, 2], 0, (1, 1), |_, _, _| ())));
}

/// After a panic no task begins on its thread; what was written before it stays.
#[test]
fn a_panic_stops_a_serial_call() {
    set_threads(1).unwrap();
    let mut data = [0; 10];
    let stopped = catch_unwind(AssertUnwindSafe(|| {
        chunks_mut(&mut data, 2, |i, chunk| {
            chunk.fill(1);
            assert!(i < 2, "chunk {i}");
        });
    }));
    assert_eq!(*stopped.unwrap_err().downcast::<String>().unwrap(), "chunk 2");
    assert!(data.iter().filter(|&&x| x == 1).count() >= 6);
}

/// Whatever type the elements have: those that own memory, and those that have no size.
#[test]
fn elements_of_any_type() {
    set_threads(2).unwrap();
    let mut names = vec![String::new(); 25];
    tiles_mut(&mut names, 5, (2, 2), |i, j, mut tile| {
        (0..tile.rows()).for_each(|row| tile.row(row).iter_mut().for_each(|name| *name = format!("{i}{j}")));
    });
    assert_eq!((&*names[0], &*names[9], &*names[24]), ("00", "02", "22"));
    let count = AtomicUsize::new(0);
    chunks_mut(&mut [(); 1000], 7, |_, chunk| {
        count.fetch_add(chunk.len(), Relaxed);
    });
    assert_eq!(count.into_inner(), 1000);
}

/// Tasks that take their time on other threads are done, too, when the call returns.
#[test]
fn a_call_waits_for_its_helpers() {
    set_threads(3).unwrap();
    let caller = std::thread::current().id();
    for _ in 0..50 {
        let seen = counters(3);
        for_each(3, |i| {
            if std::thread::current().id() != caller {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
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
