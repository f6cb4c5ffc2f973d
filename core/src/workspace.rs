//! How much memory an algorithm may take beside its tensors.
//!
//! Packed factors, strips, transformed tiles: what an algorithm holds while it works. The larger the layer, the more of it
//! an algorithm would like; here is where that ends. What doesn't fit is made in parts, or made again.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicUsize, Ordering};

/// 64 MiB, until somebody says otherwise.
static LIMIT: AtomicUsize = AtomicUsize::new(64 << 20);

/// The least that may be asked for: below, blocks would be too small to be worth anything.
const LEAST: usize = 1 << 20;

/// The bytes that an algorithm may take beside its tensors, on all threads together.
///
/// Algorithms share them out among what they hold, and keep to them as far as their smallest block allows: one line of a
/// convolution's input for each thread, or one filter and sixteen tiles of Winograd's. `Im2col` doesn't: its matrix is what it is.
pub fn limit() -> usize {
    LIMIT.load(Ordering::Relaxed)
}

/// Sets it, for the whole process.
///
/// No result depends on it but the gradients of weights, whose sums may be cut in other places.
///
/// # Errors
/// If it is less than 1 MiB.
pub fn set_limit(bytes: usize) -> Result<()> {
    if bytes < LEAST {
        return Err(Error::argument("bytes of workspace", bytes, format!("at least {LEAST}, a MiB")));
    }
    LIMIT.store(bytes, Ordering::Relaxed);
    Ok(())
}

/// The elements of type `T` in `share` of it, say (1, 4): a quarter.
pub fn elements<T>((part, of): (usize, usize)) -> usize {
    limit() / of * part / size_of::<T>()
}
