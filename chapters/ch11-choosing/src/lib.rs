//! Chapter 11: which convolution, when.
//!
//! No algorithm is the fastest for every layer. Winograd's saves multiplications where there are many channels, and drowns in its
//! transforms where there are few; a column matrix pays for large products, and not for depthwise ones. Which one wins can be
//! forecast, from what it multiplies and what it moves, or measured.
//!
//! - [`Auto`] forecasts: a cost [`Model`] on the [`Machine`]'s measured ceilings, and a list of [`Candidate`]s.
//! - [`Tuned`] measures: it times the candidates once for each shape, and remembers.
//! - [`layers`] reads tables of layers, [`problem`] fills one with numbers, and [`race`](mod@race) times candidates on it fairly.
//!
//! Both are [`Convolution`](unrolled::Convolution)s, and so go wherever one goes:
//!
//! ```
//! use ch11_choosing::{Auto, Machine};
//! use unrolled::{ConvSpec, Tensor, Var, conv};
//!
//! let auto = Auto::on(Machine::assumed(1)); // or Auto::default(), which measures this machine
//! let x = Var::constant(Tensor::<f32>::full(&[2, 3, 32, 32], 1.0)?);
//! let w = Var::parameter(Tensor::full(&[16, 3, 3, 3], 0.1)?);
//! let y = conv(&auto, &ConvSpec::<2>::default(), &x, &w, None)?;
//! assert_eq!(y.value().shape(), [2, 16, 30, 30]);
//! # Ok::<(), unrolled::Error>(())
//! ```

pub mod auto;
pub mod candidates;
pub mod layers;
pub mod machine;
pub mod model;
mod pass;
pub mod problem;
pub mod race;
pub mod records;
pub mod tuned;

pub use auto::Auto;
pub use candidates::{Candidate, Dimensions, Field};
pub use machine::Machine;
pub use model::{Forecast, Model};
pub use pass::Pass;
pub use tuned::Tuned;
