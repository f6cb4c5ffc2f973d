//! Chapter 1 on the GPU.
