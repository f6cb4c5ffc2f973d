//! How many threads a kernel is launched with.

use unrolled::{Error, Result};

/// The blocks of a launch, the threads of each block, and the dynamic shared memory of each block in bytes; axes in
/// CUDA's order x, y, z.
///
/// ```
/// use host::Grid;
///
/// let grid = Grid::cover(1000, 256)?;
/// assert_eq!((grid.blocks, grid.threads), ([4, 1, 1], [256, 1, 1])); // 1024 threads, 24 have nothing to do
///
/// let e = Grid::new([1, 1, 1], [32, 64, 1]).unwrap_err();
/// assert_eq!(e.to_string(), "threads of a block: got [32, 64, 1], expected at least 1 along each axis, at most [1024, 1024, 64], and 1024 together");
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Blocks along each axis. 0 along any means that there is nothing to do.
    pub blocks: [u32; 3],
    /// Threads of a block along each axis.
    pub threads: [u32; 3],
    /// Bytes of dynamic shared memory of a block.
    pub shared: u32,
}

/// What every GPU of the last decade takes: blocks along each axis, threads of a block along each axis and together,
/// bytes of dynamic shared memory.
const BLOCKS: [usize; 3] = [i32::MAX as usize, 65_535, 65_535];
const THREADS: [u32; 3] = [1024, 1024, 64];
const THREADS_TOGETHER: u32 = 1024;
const SHARED: u32 = 48 * 1024;

impl Grid {
    /// So many blocks, of so many threads; no dynamic shared memory.
    ///
    /// # Errors
    /// If there are more than a GPU takes, or a block has no threads.
    pub fn new(blocks: [usize; 3], threads: [u32; 3]) -> Result<Self> {
        check(blocks, threads, 0)?;
        Ok(Self { blocks: blocks.map(|n| n as u32), threads, shared: 0 })
    }

    /// As many blocks of a row of `threads` as it takes to have a thread for each of `elements`.
    ///
    /// # Errors
    /// As [`Grid::new`], and if there are so many elements that a thread's number, or one a block further, wouldn't
    /// fit a signed integer of 32 bits.
    pub fn cover(elements: usize, threads: u32) -> Result<Self> {
        check([0; 3], [threads, 1, 1], 0)?;
        let most = i32::MAX as usize - threads as usize;
        if elements > most {
            return Err(Error::argument("elements", elements, format!("at most {most}, a thread for each")));
        }
        Self::new([elements.div_ceil(threads as usize), 1, 1], [threads, 1, 1])
    }

    /// The same with this many bytes of dynamic shared memory for each block.
    pub fn with_shared(self, bytes: u32) -> Self {
        Self { shared: bytes, ..self }
    }

    /// Whether there is nothing to launch.
    pub fn is_empty(&self) -> bool {
        self.blocks.contains(&0)
    }

    /// Refuses what no GPU takes, for a grid that was put together by hand.
    pub(crate) fn check(&self) -> Result<()> {
        check(self.blocks.map(|n| n as usize), self.threads, self.shared)
    }
}

fn check(blocks: [usize; 3], threads: [u32; 3], shared: u32) -> Result<()> {
    if (0..3).any(|axis| blocks[axis] > BLOCKS[axis]) {
        return Err(Error::argument("blocks", blocks, format!("at most {BLOCKS:?}")));
    }
    let together = threads.iter().map(|&n| u64::from(n)).fold(1, u64::saturating_mul);
    if together > u64::from(THREADS_TOGETHER) || (0..3).any(|axis| !(1..=THREADS[axis]).contains(&threads[axis])) {
        let expected = format!("at least 1 along each axis, at most {THREADS:?}, and {THREADS_TOGETHER} together");
        return Err(Error::argument("threads of a block", threads, expected));
    }
    if shared > SHARED {
        return Err(Error::argument("shared memory of a block", shared, format!("at most {SHARED} bytes")));
    }
    Ok(())
}

/// A size as kernels take it.
///
/// ```
/// assert_eq!(host::size("images", 64)?, 64);
/// let e = host::size("images", 1 << 40).unwrap_err();
/// assert_eq!(e.to_string(), "images: got 1099511627776, expected at most 4294967295: kernels count in 32 bits");
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If it doesn't fit into 32 bits.
pub fn size(what: &str, n: usize) -> Result<u32> {
    n.try_into().map_err(|_| Error::argument(what, n, format!("at most {}: kernels count in 32 bits", u32::MAX)))
}
