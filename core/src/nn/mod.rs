//! What a small network needs beside convolutions: functions on `&Var<Tensor<T>>`, each with its
//! adjoints right under its value; and [`Device`], through which a network runs on a GPU as well.

mod activation;
mod arith;
mod device;
mod linear;
mod loss;
mod pool;
mod shape;
mod windows;

pub use activation::relu;
pub use arith::{add, matmul, mean, mul, scale, sub, sum};
pub use device::{Cpu, Device};
pub use linear::linear;
pub use loss::{accuracy, argmax, softmax, softmax_cross_entropy};
pub use pool::{Pool, adaptive_avg_pool, avg_pool, max_pool};
pub use shape::{flatten, reshape};
