//! Chapter 10 on the GPU.
