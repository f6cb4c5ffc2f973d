//! Looking at kernels while they run: what to check, to count and to trace.

use crate::launch::Launch;
use crate::profile::Profile;
use std::cell::RefCell;

/// One warp, to be traced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceOf {
    /// The kernel's name.
    pub kernel: String,
    /// The block's place in the grid.
    pub block: [u32; 3],
    /// The warp's number in the block.
    pub warp: u32,
}

/// How kernels are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether uninitialised reads, races and missed barriers are looked for. Bounds and alignment always are.
    pub sanitize: bool,
    /// Whether instructions and memory transactions are counted.
    pub profile: bool,
    /// Whether approximations (`ex2.approx` and so on) are moved by as much as PTX allows them to be wrong.
    pub jitter: bool,
    /// The warp to trace, if any.
    pub trace: Option<TraceOf>,
    /// Instructions that a warp may run; by default so many that it takes minutes.
    pub limit: u64,
}

impl Default for Options {
    /// The sanitizer, and nothing else.
    fn default() -> Self {
        Self { sanitize: true, profile: false, jitter: false, trace: None, limit: 1 << 32 }
    }
}

impl Options {
    /// What the environment asks for: `UNROLLED_SIM_SANITIZE=0` switches the sanitizer off, `UNROLLED_SIM_PROFILE=1` the
    /// counters on, `UNROLLED_SIM_JITTER=1` the jitter.
    pub fn from_env() -> Self {
        let set = |name| std::env::var_os(name).map(|value| value != "0" && !value.is_empty());
        let default = Self::default();
        Self {
            sanitize: set("UNROLLED_SIM_SANITIZE").unwrap_or(default.sanitize),
            profile: set("UNROLLED_SIM_PROFILE").unwrap_or(default.profile),
            jitter: set("UNROLLED_SIM_JITTER").unwrap_or(default.jitter),
            ..default
        }
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// A profile for each kernel that ran, in the order of their first launches.
    pub profiles: Vec<Profile>,
    /// The traced warp's instructions.
    pub trace: String,
}

impl Observation {
    /// The profile of the kernel of this name, if it ran.
    pub fn profile(&self, kernel: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name() == kernel)
    }
}

thread_local! {
    /// The options, if not the environment's, and what was seen with them.
    static OBSERVED: RefCell<(Option<Options>, Observation)> = const { RefCell::new((None, Observation { profiles: Vec::new(), trace: String::new() })) };
}

/// Runs `f` with these options for the kernels that this host thread waits for inside of it.
///
/// A launch only queues a kernel; it runs when somebody synchronises. So synchronise inside of `f`.
pub fn observe<R>(options: Options, f: impl FnOnce() -> R) -> (R, Observation) {
    struct Restore(Option<(Option<Options>, Observation)>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(before) = self.0.take() {
                OBSERVED.set(before);
            }
        }
    }
    let restore = Restore(Some(OBSERVED.replace((Some(options), Observation::default())))); // also when `f` panics
    let result = f();
    let seen = OBSERVED.with_borrow_mut(|(_, seen)| std::mem::take(seen));
    drop(restore);
    (result, seen)
}

/// The profiles of what this thread has waited for so far, outside of [`observe`]; they are forgotten here.
pub fn take_profiles() -> Vec<Profile> {
    OBSERVED.with_borrow_mut(|(_, seen)| std::mem::take(&mut seen.profiles))
}

/// The options of this thread.
pub(crate) fn current() -> Options {
    OBSERVED.try_with(|seen| seen.borrow().0.clone()).ok().flatten().unwrap_or_else(Options::from_env)
}

/// Adds what a launch brought.
pub(crate) fn add(profile: Option<Profile>, trace: &str) {
    // A thread that ends may have lost the place already; then nobody can ask.
    let _ = OBSERVED.try_with(|seen| {
        let (_, seen) = &mut *seen.borrow_mut();
        seen.trace.push_str(trace);
        let Some(profile) = profile else { return };
        match seen.profiles.iter_mut().find(|other| other.kernel == profile.kernel) {
            Some(other) => other.add(&profile),
            None => seen.profiles.push(profile),
        }
    });
}

impl Launch {
    /// [`observe`] of this launch alone.
    ///
    /// # Errors
    /// As [`Launch::run`].
    pub fn observe(&self, memory: &crate::Memory, options: Options) -> Result<Observation, crate::Fault> {
        let (result, seen) = observe(options, || self.run(memory));
        result.map(|()| seen)
    }
}
