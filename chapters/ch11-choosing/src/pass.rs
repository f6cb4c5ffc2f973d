//! The three passes of a convolution.

use std::fmt::{self, Display};
use std::str::FromStr;
use unrolled::Error;

/// What is computed of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pass {
    /// The output, from input and weight.
    Forward,
    /// The gradient of the input, from weight and gradient of the output.
    GradInput,
    /// The gradient of the weight, from input and gradient of the output.
    GradWeight,
}

impl Pass {
    /// All of them.
    pub const ALL: [Pass; 3] = [Pass::Forward, Pass::GradInput, Pass::GradWeight];

    /// The name that tables and files have for it, as other libraries' benchmarks do: `fwd`, `bwd_data`, `bwd_weight`.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Forward => "fwd",
            Pass::GradInput => "bwd_data",
            Pass::GradWeight => "bwd_weight",
        }
    }

    /// The pass of the dense convolution that is this pass of its transpose: what is input there is output here.
    pub fn transposed(self) -> Pass {
        match self {
            Pass::Forward => Pass::GradInput,
            Pass::GradInput => Pass::Forward,
            Pass::GradWeight => Pass::GradWeight,
        }
    }
}

impl Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Pass {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Pass::ALL.into_iter().find(|pass| pass.name() == text);
        found.ok_or_else(|| Error::argument("pass", text, "fwd, bwd_data or bwd_weight"))
    }
}
