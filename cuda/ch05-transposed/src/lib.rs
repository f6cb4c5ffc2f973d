//! Chapter 5 on the GPU.
