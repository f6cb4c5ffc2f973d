//! Chapter 8 on the GPU.
