//! Chapter 9: LeNet-5 on MNIST. The network, its training, and the files around them.

pub mod crc32;
pub mod draw;
pub mod figure;
pub mod gzip;
pub mod idx;
mod inflate;
pub mod json;
pub mod network;
pub mod pgm;
pub mod progress;
pub mod safetensors;
pub mod steps;
pub mod train;
