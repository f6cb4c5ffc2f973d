//! Memory for tensors and workspaces that is used again and again.
//!
//! A training step needs the same few dozen buffers every time. Asking the system for each would
//! cost page faults and zeroing; here a freed buffer waits in its thread's store for the next one of
//! about its size.

use crate::real::Real;
use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A slice of elements on the heap, whose memory outlives it.
#[derive(Default)]
pub struct Buffer<T: Real> {
    /// Initialised from end to end, so that any part of it can be lent without writing it first.
    memory: Vec<T>,
    len: usize,
}

/// The buffers that a thread has freed.
#[derive(Default)]
pub struct Store<T> {
    free: Vec<Vec<T>>,
    elements: usize,
}

/// What a thread keeps at most: 256 Mi elements, in at most this many buffers.
const MOST_ELEMENTS: usize = 256 << 20;
const MOST_BUFFERS: usize = 256;

impl<T: Real> Buffer<T> {
    /// `len` elements with whatever values the memory last held: for outputs that are written whole.
    pub fn scratch(len: usize) -> Self {
        let found = T::with_store(|store| store.borrow_mut().take(len)).flatten();
        count::<T>(len as isize);
        Self { memory: found.unwrap_or_else(|| vec![T::ZERO; len]), len }
    }

    /// `len` elements, all `value`.
    pub fn full(len: usize, value: T) -> Self {
        let mut buffer = Self::scratch(len);
        buffer.fill(value);
        buffer
    }
}

impl<T: Real> Store<T> {
    /// The smallest free buffer that holds `len` elements and isn't wastefully large for them.
    fn take(&mut self, len: usize) -> Option<Vec<T>> {
        let mut best: Option<usize> = None;
        for (i, memory) in self.free.iter().enumerate().rev() {
            let n = memory.len();
            if n >= len && n / 2 <= len + 64 && best.is_none_or(|best| n < self.free[best].len()) {
                best = Some(i);
                if n == len {
                    break; // the rule once a training step has come round
                }
            }
        }
        let best = best?;
        self.elements -= self.free[best].len();
        Some(self.free.swap_remove(best))
    }

    fn give(&mut self, memory: Vec<T>) {
        if self.free.len() < MOST_BUFFERS && self.elements + memory.len() <= MOST_ELEMENTS {
            self.elements += memory.len();
            self.free.push(memory);
        }
    }
}

impl<T: Real> Drop for Buffer<T> {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        count::<T>(-(self.len as isize));
        if !memory.is_empty() {
            // While a thread ends its store may be gone already; then the memory is simply freed.
            T::with_store(|store| store.borrow_mut().give(memory));
        }
    }
}

impl<T: Real> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.memory[..self.len]
    }
}

impl<T: Real> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.memory[..self.len]
    }
}

impl<T: Real> From<Vec<T>> for Buffer<T> {
    fn from(memory: Vec<T>) -> Self {
        count::<T>(memory.len() as isize);
        Self { len: memory.len(), memory }
    }
}

impl<T: Real> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::scratch(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T: Real> PartialEq for Buffer<T> {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

/// Whether somebody counts, the bytes that are lent, and the most that were.
static COUNTED: AtomicBool = AtomicBool::new(false);
static LENT: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(0);

fn count<T>(elements: isize) {
    if COUNTED.load(Ordering::Relaxed) {
        let bytes = elements * size_of::<T>() as isize;
        MOST.fetch_max(LENT.fetch_add(bytes, Ordering::Relaxed) + bytes, Ordering::Relaxed);
    }
}

/// Runs `f`, and says how many bytes of buffers it had at the same time, at the most, on all threads together. Tensors
/// are buffers too: what `f` returns is among them.
///
/// Whoever else uses buffers meanwhile is counted as well. What was there before isn't; where `f` drops that, it
/// counts as less than nothing.
///
/// ```
/// use unrolled::buffer::{self, Buffer};
///
/// let (_, bytes) = buffer::peak(|| {
///     drop(Buffer::<f32>::scratch(1000));
///     (Buffer::<f32>::scratch(600), Buffer::<f64>::scratch(10))
/// });
/// assert_eq!(bytes, 4000);
/// ```
pub fn peak<R>(f: impl FnOnce() -> R) -> (R, usize) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    /// Ends the counting, even if `f` panics.
    struct Counting;
    impl Drop for Counting {
        fn drop(&mut self) {
            COUNTED.store(false, Ordering::Relaxed);
        }
    }
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    LENT.store(0, Ordering::Relaxed);
    MOST.store(0, Ordering::Relaxed);
    COUNTED.store(true, Ordering::Relaxed);
    let _counting = Counting;
    let result = f();
    (result, MOST.load(Ordering::Relaxed).unsigned_abs())
}

/// The pages that this process has touched for the first time, so far: each cost it a way into the system, and the system
/// zeros. `None` where the system doesn't tell in the way of Linux.
///
/// ```
/// use unrolled::buffer::{Buffer, page_faults};
///
/// drop(Buffer::<f32>::full(1 << 22, 1.0)); // 16 MiB
/// let before = page_faults();
/// drop(Buffer::<f32>::full(1 << 22, 2.0)); // the same memory
/// let again = page_faults().zip(before).map(|(after, before)| after - before);
/// assert!(again.is_none_or(|faults| faults < 100));
/// ```
pub fn page_faults() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything: the state, then numbers. The eighth counts pages that weren't read from a disk.
    stat.rsplit_once(')')?.1.split_whitespace().nth(7)?.parse().ok()
}

/// A thread's store, as [`Real::with_store`] lends it.
pub type Shelf<T> = RefCell<Store<T>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back() {
        let first = Buffer::<f64>::full(1000, 7.0);
        let address = first.as_ptr();
        drop(first);
        let second = Buffer::<f64>::scratch(900);
        assert_eq!((second.as_ptr(), second.len(), second[899]), (address, 900, 7.0));
        assert_ne!(Buffer::<f64>::scratch(900).as_ptr(), address, "lent twice");
        assert_ne!(Buffer::<f64>::scratch(10).len(), 900);
    }

    #[test]
    fn a_store_has_a_limit() {
        let mut store = Store::<f32>::default();
        for _ in 0..2 * MOST_BUFFERS {
            store.give(vec![0.0; 8]);
        }
        assert_eq!((store.free.len(), store.elements), (MOST_BUFFERS, 8 * MOST_BUFFERS));
        store.give(vec![0.0; MOST_ELEMENTS]);
        assert_eq!(store.free.len(), MOST_BUFFERS);
    }
}
