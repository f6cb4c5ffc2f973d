//! The simulated GPU.

pub mod ir;

#[derive(Debug)]
pub struct ParseError { pub place: ir::Place, pub problem: String }
impl std::fmt::Display for ParseError { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.problem) } }
pub fn parse(_: &str) -> Result<ir::Module, ParseError> { todo!() }
pub struct TraceOf;
pub struct Options { pub sanitize: bool, pub profile: bool, pub trace: Option<TraceOf>, pub limit: u64 }
impl Options { pub fn from_env() -> Self { todo!() } }
pub struct Observation { pub profiles: Vec<Profile>, pub trace: String }
pub struct Profile { pub kernel: String }
pub fn observe<R>(_: Options, _: impl FnOnce() -> R) -> (R, Observation) { todo!() }
pub fn last_fault() -> Option<String> { todo!() }
