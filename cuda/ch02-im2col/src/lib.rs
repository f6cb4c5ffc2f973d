//! Chapter 2 on the GPU.
