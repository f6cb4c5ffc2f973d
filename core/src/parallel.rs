//! A small persistent thread pool, and the safe ways to split work over it.
//!
//! The threads start with the first parallel call and then wait for the next one, spinning for a
//! moment before they sleep: a training step hands work over dozens of times a millisecond.
//!
//! Results never depend on the number of threads. That is the caller's half of the bargain, and the
//! functions here make it easy: work is cut into tasks by its size alone, each task writes its own
//! part of the output, and sums that cross tasks are added afterwards in the order of the tasks.

use crate::error::{Error, Result};
pub use crate::tile::Tile;
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a pool thread looks for the next job before it sleeps. Waking it takes longer than most
/// jobs do, so one that falls asleep between the steps of a training would miss nearly all of them.
const PATIENCE: Duration = Duration::from_millis(2);

/// Waits in a loop until `done`, or until `patience` is over; says whether it is done.
fn spin(patience: Duration, done: impl Fn() -> bool) -> bool {
    if done() {
        return true; // without a look at the clock, which not every machine has
    }
    let start = Instant::now();
    loop {
        for _ in 0..16 {
            for _ in 0..64 {
                if done() {
                    return true;
                }
            }
            // Leaves the core to its other thread for a moment. Not every time: a virtual machine takes
            // many of these in a row as a wish to sleep.
            std::hint::spin_loop();
        }
        if start.elapsed() >= patience {
            return false;
        }
    }
}

/// The most threads that [`set_threads`] takes.
pub const MAX_THREADS: usize = 64;

/// The number of threads to use; 0 until somebody asks.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// The number of threads that parallel work is spread over: the machine's cores, unless
/// [`set_threads`] said otherwise.
pub fn threads() -> usize {
    match THREADS.load(Ordering::Relaxed) {
        0 => cores(),
        n => n,
    }
}

fn cores() -> usize {
    // Asking the system takes a hundred times as long as a small task, so ask once.
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, |n| n.get().min(MAX_THREADS)))
}

/// Sets the number of threads, the calling one included.
///
/// # Errors
/// If it is 0 or above [`MAX_THREADS`].
pub fn set_threads(threads: usize) -> Result<()> {
    if threads == 0 || threads > MAX_THREADS {
        return Err(Error::argument("threads", threads, format!("1 to {MAX_THREADS}")));
    }
    THREADS.store(threads, Ordering::Relaxed);
    Ok(())
}

/// The first task of a share: shares differ by one task at most, and nothing overflows.
fn share_start(tasks: usize, share: usize, shares: usize) -> usize {
    tasks / shares * share + share.min(tasks % shares)
}

/// A counter in a cache line of its own: between two cores that share no cache, a line that both write
/// takes as long to change hands as a small task does.
#[repr(align(128))]
struct Counter(AtomicUsize);

/// A call in progress. It lives on the stack of [`for_each`], which returns only when no thread
/// looks at it any more.
struct Job<'a> {
    task: &'a (dyn Fn(usize) + Sync),
    tasks: usize,
    /// Each thread has a share of the tasks, the same one in every call of as many tasks: what it
    /// wrote in the last call is still in its cache.
    shares: usize,
    /// The next task of each share that nobody has taken.
    next: &'a [Counter; MAX_THREADS],
    /// Pool threads at work on this job.
    helpers: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl<'a> Job<'a> {
    fn new(task: &'a (dyn Fn(usize) + Sync), tasks: usize, shares: usize, next: &'a [Counter; MAX_THREADS]) -> Self {
        for (i, next) in next[..shares].iter().enumerate() {
            next.0.store(share_start(tasks, i, shares), Ordering::Relaxed);
        }
        Job { task, tasks, shares, next, helpers: AtomicUsize::new(0), panic: Mutex::new(None) }
    }

    /// Takes the tasks of a share, then what is left of the others. A panic stops the job, and waits for
    /// the caller.
    fn work(&self, share: usize) {
        let result = catch_unwind(AssertUnwindSafe(|| {
            // ANCHOR: share
            for share in (share..self.shares).chain(0..share) {
                let end = share_start(self.tasks, share + 1, self.shares);
                loop {
                    let i = self.next[share].0.fetch_add(1, Ordering::Relaxed);
                    if i >= end {
                        break;
                    }
                    (self.task)(i);
                }
            }
            // ANCHOR_END: share
        }));
        if let Err(panic) = result {
            self.next.iter().for_each(|next| next.0.store(self.tasks, Ordering::Relaxed));
            match &mut *lock(&self.panic) {
                first @ None => *first = Some(panic),
                // Dropping it could panic again, and there is nobody left to catch that.
                Some(_) => std::mem::forget(panic),
            }
        }
    }
}

/// A job's address as it crosses to the pool's threads.
#[derive(Clone, Copy)]
struct JobRef(*const Job<'static>);
// SAFETY: a `Job` is shared by reference between threads: its task is `Sync`, the rest is atomics and a mutex.
unsafe impl Send for JobRef {}

struct Board {
    /// The job that threads may join, while it is open.
    job: Option<JobRef>,
    /// Threads up to this number may.
    helpers: usize,
}

struct Pool {
    board: Mutex<Board>,
    /// Counts jobs, so that a thread that spins sees a new one without the lock.
    posted: Counter,
    sleepers: AtomicUsize,
    wake: Condvar,
    /// Held by the caller whose job is on the board.
    busy: AtomicBool,
    workers: AtomicUsize,
    /// The counters of the job on the board.
    next: [Counter; MAX_THREADS],
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

static POOL: Pool = Pool {
    board: Mutex::new(Board { job: None, helpers: 0 }),
    posted: Counter(AtomicUsize::new(0)),
    sleepers: AtomicUsize::new(0),
    wake: Condvar::new(),
    busy: AtomicBool::new(false),
    workers: AtomicUsize::new(0),
    next: [const { Counter(AtomicUsize::new(0)) }; MAX_THREADS],
};

thread_local! {
    /// Whether this thread is inside a task: parallel calls from there run serially.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

impl Pool {
    /// What pool thread `number`, from 1, does for ever.
    fn serve(&self, number: usize) {
        INSIDE.set(true);
        let mut seen = 0;
        loop {
            // With fewer cores than threads, a thread that spins is in the way of those that work.
            let patience = if threads() <= cores() { PATIENCE } else { Duration::ZERO };
            spin(patience, || self.posted.0.load(Ordering::Acquire) != seen);
            let mut board = lock(&self.board);
            if self.posted.0.load(Ordering::Acquire) == seen {
                self.sleepers.fetch_add(1, Ordering::Relaxed);
                while self.posted.0.load(Ordering::Acquire) == seen {
                    board = self.wake.wait(board).unwrap_or_else(PoisonError::into_inner);
                }
                self.sleepers.fetch_sub(1, Ordering::Relaxed);
            }
            seen = self.posted.0.load(Ordering::Acquire);
            let Some(job) = board.job.filter(|_| number <= board.helpers) else { continue };
            // SAFETY: the job is on the board, so its caller has not returned; `helpers`, raised
            // under the board's lock, keeps the caller there until this thread is done.
            let job = unsafe { &*job.0 };
            job.helpers.fetch_add(1, Ordering::Relaxed);
            drop(board);
            job.work(number);
            job.helpers.fetch_sub(1, Ordering::Release);
        }
    }

    /// Starts threads until there are `wanted`, or the system gives no more.
    fn grow(&'static self, wanted: usize) {
        while self.workers.load(Ordering::Relaxed) < wanted {
            let number = self.workers.load(Ordering::Relaxed) + 1;
            if std::thread::Builder::new().name(format!("unrolled-{number}")).spawn(move || self.serve(number)).is_err()
            {
                return; // such as wasm32: the caller does all the work itself
            }
            self.workers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Runs the job on the calling thread and up to `helpers` of the pool's.
    fn run(&'static self, job: &Job<'_>, helpers: usize) {
        self.grow(helpers);
        {
            let mut board = lock(&self.board);
            // The lifetime of the job ends at the type's edge; see `serve` for why that is sound.
            board.job = Some(JobRef(std::ptr::from_ref(job).cast()));
            board.helpers = helpers;
            self.posted.0.fetch_add(1, Ordering::Release);
            if self.sleepers.load(Ordering::Relaxed) > 0 {
                self.wake.notify_all();
            }
        }
        INSIDE.set(true);
        job.work(0);
        INSIDE.set(false);
        lock(&self.board).job = None; // nobody joins from here on
        while !spin(PATIENCE / 20, || job.helpers.load(Ordering::Acquire) == 0) {
            std::thread::yield_now(); // a helper that lost its core needs ours
        }
    }
}

/// Runs `task(0)`, `task(1)`, ... `task(tasks - 1)`, in any order, on up to [`threads`] threads.
///
/// Inside of a task, and while another thread uses the pool, it runs them in order on the calling thread.
///
/// # Panics
/// If a task panics.
pub fn for_each(tasks: usize, task: impl Fn(usize) + Sync) {
    let helpers = threads().min(tasks).saturating_sub(1);
    let free = || POOL.busy.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
    if helpers == 0 || INSIDE.get() || !free() {
        return (0..tasks).for_each(task);
    }
    let job = Job::new(&task, tasks, helpers + 1, &POOL.next);
    POOL.run(&job, helpers);
    POOL.busy.store(false, Ordering::Release);
    if let Some(panic) = job.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
        resume_unwind(panic);
    }
}

/// Cuts `data` into chunks of `size` elements (the last may be shorter) and runs `task(i, chunk)` for each.
///
/// # Panics
/// If `size` is 0 and `data` isn't empty, or a task panics.
pub fn chunks_mut<T: Send>(data: &mut [T], size: usize, task: impl Fn(usize, &mut [T]) + Sync) {
    if data.is_empty() {
        return;
    }
    let tasks = data.len().div_ceil(size);
    let whole = {
        let len = data.len();
        Tile::new(data, len, 1)
    };
    for_each(tasks, |i| {
        // SAFETY: chunk i of each call is another part of `data`, and `for_each` runs each i once.
        let mut chunk = unsafe { whole.part(0..1, i * size..whole.cols().min((i + 1) * size)) };
        task(i, chunk.row(0));
    });
}

/// Cuts a row-major matrix of rows `width` long into tiles of at most `rows` × `cols` and runs
/// `task(i, j, tile)` for each, where `i` and `j` count tiles downwards and to the right.
///
/// # Panics
/// If `data` isn't whole rows, `width` or a side of the tile is 0, or a task panics.
pub fn tiles_mut<T: Send>(
    data: &mut [T],
    width: usize,
    (rows, cols): (usize, usize),
    task: impl Fn(usize, usize, Tile<'_, T>) + Sync,
) {
    if data.is_empty() {
        return;
    }
    assert!(data.len().is_multiple_of(width), "{} elements in rows of {width}", data.len());
    let whole = {
        let rows = data.len() / width;
        Tile::new(data, width, rows)
    };
    let (down, right) = (whole.rows().div_ceil(rows), whole.cols().div_ceil(cols));
    for_each(down * right, |t| {
        let (i, j) = (t / right, t % right);
        let (r, c) = (i * rows..whole.rows().min((i + 1) * rows), j * cols..whole.cols().min((j + 1) * cols));
        // SAFETY: tile (i, j) overlaps no other, and `for_each` runs each t once.
        task(i, j, unsafe { whole.part(r, c) });
    });
}
