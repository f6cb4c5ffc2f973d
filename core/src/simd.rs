//! The vector instructions of this machine, found at run time.
//!
//! Two kinds of code use them. Micro-kernels are written in vectors by hand
//! ([`Vector`](crate::gemm::vector::Vector), with one implementation per instruction set); plain loops are
//! compiled once per instruction set, and [`vectorize`] runs the best copy.

use crate::error::{Error, Result};
use std::sync::OnceLock;

/// A set of vector instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// Plain Rust, for any machine.
    Portable,
    /// 256-bit vectors and fused multiply-add (x86-64).
    Avx2,
    /// 512-bit vectors (x86-64).
    Avx512,
    /// 128-bit vectors (aarch64).
    Neon,
}

impl Isa {
    /// Every set, the widest last.
    const ALL: [Isa; 4] = [Isa::Portable, Isa::Neon, Isa::Avx2, Isa::Avx512];

    /// The name that `UNROLLED_SIMD` takes.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
            Isa::Neon => "neon",
        }
    }

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        match self {
            Isa::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Isa::Avx2.is_available() && is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            #[allow(unreachable_patterns)] // which are reachable depends on the target
            _ => false,
        }
    }

    /// Those that this machine has, the portable one first.
    pub fn available() -> impl Iterator<Item = Isa> {
        Isa::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// The set in use: the widest, or what the environment variable `UNROLLED_SIMD` names.
    ///
    /// # Errors
    /// If the variable names an unknown set, or one that this machine doesn't have. Code that has
    /// nobody to tell uses the widest set instead; programs call this first, to report it.
    pub fn try_current() -> Result<Isa> {
        let Some(wanted) = std::env::var_os("UNROLLED_SIMD") else { return Ok(Isa::best()) };
        Isa::available().find(|isa| wanted == isa.name()).ok_or_else(|| {
            let names: Vec<_> = Isa::available().map(Isa::name).collect();
            Error::argument("UNROLLED_SIMD", wanted, format!("one that this machine has: {}", names.join(", ")))
        })
    }

    /// [`Isa::try_current`], or the widest.
    pub fn current() -> Isa {
        static CURRENT: OnceLock<Isa> = OnceLock::new();
        *CURRENT.get_or_init(|| Isa::try_current().unwrap_or_else(|_| Isa::best()))
    }

    fn best() -> Isa {
        Isa::available().last().unwrap_or(Isa::Portable)
    }
}

/// Runs `f`, compiled for the vector instructions in use.
///
/// The compiler vectorises the loops inside `f` (and inside what it inlines) for the best
/// instruction set. It never reorders or fuses floating-point operations by itself, so the result is the same
/// on each. Where `f` asks for a fused one, [`f32::mul_add`], that is an instruction, and no call of a function as
/// in the portable copy; its result is the same too.
///
/// Write the closure with `#[inline(always)]`: its code must become part of the function that has
/// the instructions enabled.
///
/// ```
/// use unrolled::simd::vectorize;
///
/// let mut xs = [1.0_f32; 100];
/// vectorize(#[inline(always)] || xs.iter_mut().for_each(|x| *x += 1.0));
/// assert_eq!(xs, [2.0; 100]);
/// ```
#[inline]
pub fn vectorize<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f")]
        fn avx512<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        match Isa::current() {
            // SAFETY: the current set is one that this machine has.
            Isa::Avx512 => return unsafe { avx512(f) },
            // SAFETY: as above.
            Isa::Avx2 => return unsafe { avx2(f) },
            _ => {}
        }
    }
    f()
}
