//! Chapter 9 on the GPU.
