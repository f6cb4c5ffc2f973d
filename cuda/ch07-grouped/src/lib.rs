//! Chapter 7 on the GPU.
