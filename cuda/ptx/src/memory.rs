//! The global memory of a simulated device.
//!
//! Addresses are not the host's: a host program that follows a device pointer crashes here as it does with a real
//! GPU. Between two allocations lie unmapped bytes, so an index that runs over the end of one is found. Every word is
//! an atomic one, as the threads of a launch are spread over the host's cores and may well race.

use crate::shadow::Shadow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What every allocation begins at a multiple of, as with CUDA.
const ALIGNMENT: u64 = 256;
/// Unmapped bytes behind each allocation, at least.
const RED_ZONE: u64 = 256;
/// What fresh memory holds: as an `f32`, NaN.
const POISON: u32 = 0xffff_ffff;

/// One allocation.
pub struct Allocation {
    address: u64,
    bytes: u64,
    /// A `Vec`, as its elements may be reached by a pointer that the host has; a `Box` says that nobody else has one.
    words: Vec<AtomicU32>,
    /// A bit for each word: whether it was ever written.
    defined: Vec<AtomicU32>,
    /// Who accessed which word last; made when a sanitized kernel first does.
    shadow: OnceLock<Shadow>,
}

impl Allocation {
    /// Poisoned memory at this address, or wherever the host put it if there is none.
    fn new(address: Option<u64>, bytes: usize) -> Option<Self> {
        let words = filled(bytes.div_ceil(4), POISON)?;
        let defined = filled(words.len().div_ceil(32), 0)?;
        let address = address.unwrap_or(words.as_ptr() as u64);
        Some(Self { address, bytes: bytes as u64, words, defined, shadow: OnceLock::new() })
    }

    /// Where it begins.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes from the start to `address`, if `len` bytes from there on are inside.
    pub(crate) fn offset(&self, address: u64, len: u64) -> Option<u64> {
        let offset = address.checked_sub(self.address)?;
        (offset.checked_add(len)? <= self.bytes).then_some(offset)
    }

    pub(crate) fn word(&self, i: usize) -> &AtomicU32 {
        &self.words[i]
    }

    pub(crate) fn is_defined(&self, i: usize) -> bool {
        self.defined[i / 32].load(Relaxed) >> (i % 32) & 1 == 1
    }

    pub(crate) fn define(&self, i: usize) {
        let bit = 1 << (i % 32);
        if self.defined[i / 32].load(Relaxed) & bit == 0 {
            self.defined[i / 32].fetch_or(bit, Relaxed);
        }
    }

    pub(crate) fn shadow(&self) -> &Shadow {
        self.shadow.get_or_init(|| Shadow::new(self.words.len(), true))
    }

    /// The shadow, if a kernel made it.
    pub(crate) fn existing_shadow(&self) -> Option<&Shadow> {
        self.shadow.get()
    }

    fn byte(&self, i: usize) -> u8 {
        self.words[i / 4].load(Relaxed).to_le_bytes()[i % 4]
    }

    fn set_byte(&self, i: usize, byte: u8) {
        let mut bytes = self.words[i / 4].load(Relaxed).to_le_bytes();
        bytes[i % 4] = byte;
        self.words[i / 4].store(u32::from_le_bytes(bytes), Relaxed);
    }

    /// Bytes from `offset` on, whole words at a time where it can.
    fn read(&self, offset: u64, to: &mut [u8]) {
        let start = offset as usize;
        if start.is_multiple_of(4) {
            let words = self.words[start / 4..].iter();
            for (to, word) in to.chunks_mut(4).zip(words) {
                to.copy_from_slice(&word.load(Relaxed).to_le_bytes()[..to.len()]);
            }
        } else {
            to.iter_mut().enumerate().for_each(|(i, to)| *to = self.byte(start + i));
        }
    }

    fn write(&self, offset: u64, from: &[u8]) {
        let start = offset as usize;
        let whole = if start.is_multiple_of(4) { from.len() / 4 * 4 } else { 0 };
        for (word, from) in self.words[start / 4..].iter().zip(from[..whole].chunks_exact(4)) {
            word.store(u32::from_le_bytes([from[0], from[1], from[2], from[3]]), Relaxed);
        }
        (whole..from.len()).for_each(|i| self.set_byte(start + i, from[i]));
        if !from.is_empty() {
            (start / 4..(start + from.len()).div_ceil(4)).for_each(|i| self.define(i));
        }
    }
}

/// As many atomic words of this value, or `None` if the host hasn't the memory.
fn filled(len: usize, value: u32) -> Option<Vec<AtomicU32>> {
    let mut words = Vec::new();
    words.try_reserve_exact(len).ok()?;
    words.extend((0..len).map(|_| AtomicU32::new(value)));
    Some(words)
}

/// Bytes that no allocation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfBounds {
    /// Where the access began.
    pub address: u64,
    /// Its length in bytes.
    pub bytes: usize,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} byte(s) at {:#x} are not inside of one allocation", self.bytes, self.address)
    }
}

impl std::error::Error for OutOfBounds {}

/// The global memory of one device.
pub struct Memory {
    capacity: usize,
    inner: Mutex<Inner>,
}

struct Inner {
    /// By address.
    allocations: BTreeMap<u64, Arc<Allocation>>,
    /// Where the next allocation begins.
    next: u64,
    used: usize,
}

impl Memory {
    /// The memory of a device; addresses start at (`device` + 1) · 2⁴⁰, so that every address belongs to one device.
    pub fn new(device: u32, capacity: usize) -> Self {
        let inner = Inner { allocations: BTreeMap::new(), next: (u64::from(device) + 1) << 40, used: 0 };
        Self { capacity, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ANCHOR: allocate
    /// Memory of this many bytes, poisoned; `None` if there isn't so much left.
    pub fn allocate(&self, bytes: usize) -> Option<u64> {
        let mut inner = self.lock();
        if bytes > self.capacity - inner.used {
            return None;
        }
        let address = inner.next;
        let allocation = Allocation::new(Some(address), bytes)?;
        inner.next = (address + bytes as u64 + RED_ZONE).next_multiple_of(ALIGNMENT);
        inner.used += bytes;
        inner.allocations.insert(address, Arc::new(allocation));
        Some(address)
    }
    // ANCHOR_END: allocate

    /// Memory that holds these bytes: a variable of a module.
    pub fn allocate_constants(&self, bytes: &[u8]) -> Option<u64> {
        let address = self.allocate(bytes.len())?;
        self.write(address, bytes).ok()?;
        Some(address)
    }

    /// Memory that the host can reach too, at the same address; [`Memory::map`] shows it to a device.
    pub fn host_visible(bytes: usize) -> Option<Arc<Allocation>> {
        let allocation = Allocation::new(None, bytes)?;
        (0..allocation.words.len()).for_each(|i| allocation.define(i)); // nobody sees what the host writes
        Some(Arc::new(allocation))
    }

    /// Shows managed memory to this device.
    pub fn map(&self, allocation: Arc<Allocation>) {
        self.lock().allocations.insert(allocation.address, allocation);
    }

    /// Gives memory back; false if no allocation begins at this address.
    pub fn free(&self, address: u64) -> bool {
        let mut inner = self.lock();
        let Some(allocation) = inner.allocations.remove(&address) else { return false };
        if allocation.address != allocation.words.as_ptr() as u64 {
            inner.used -= allocation.bytes as usize; // managed memory isn't the device's
        }
        true
    }

    /// Bytes that are allocated.
    pub fn used(&self) -> usize {
        self.lock().used
    }

    /// Whether an allocation holds this byte.
    pub fn contains(&self, address: u64) -> bool {
        self.find(address, 1).is_ok()
    }

    fn find(&self, address: u64, bytes: usize) -> Result<(Arc<Allocation>, u64), OutOfBounds> {
        let inner = self.lock();
        let found = inner.allocations.range(..=address).next_back().map(|(_, allocation)| allocation);
        found
            .and_then(|allocation| Some((allocation.clone(), allocation.offset(address, bytes as u64)?)))
            .ok_or(OutOfBounds { address, bytes })
    }

    /// All allocations, by address: what a kernel sees.
    pub(crate) fn view(&self) -> Vec<Arc<Allocation>> {
        self.lock().allocations.values().cloned().collect()
    }

    /// From the host to the device.
    ///
    /// # Errors
    /// If the bytes aren't inside of one allocation.
    pub fn write(&self, address: u64, bytes: &[u8]) -> Result<(), OutOfBounds> {
        let (allocation, offset) = self.find(address, bytes.len())?;
        allocation.write(offset, bytes);
        Ok(())
    }

    /// From the device to the host.
    ///
    /// # Errors
    /// As [`Memory::write`].
    pub fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), OutOfBounds> {
        let (allocation, offset) = self.find(address, bytes.len())?;
        allocation.read(offset, bytes);
        Ok(())
    }

    /// Sets bytes.
    ///
    /// # Errors
    /// As [`Memory::write`].
    pub fn fill(&self, address: u64, value: u8, bytes: usize) -> Result<(), OutOfBounds> {
        let (allocation, offset) = self.find(address, bytes)?;
        allocation.write(offset, &vec![value; bytes]);
        Ok(())
    }

    /// From this device to the same or another one.
    ///
    /// # Errors
    /// As [`Memory::write`], of either side.
    pub fn copy(&self, from: u64, to_memory: &Memory, to: u64, bytes: usize) -> Result<(), OutOfBounds> {
        let (source, start) = self.find(from, bytes)?;
        let (target, end) = to_memory.find(to, bytes)?;
        let mut buffer = vec![0; bytes];
        source.read(start, &mut buffer);
        target.write(end, &buffer);
        Ok(())
    }
}
