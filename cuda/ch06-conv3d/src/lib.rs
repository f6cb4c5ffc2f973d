//! Chapter 6 on the GPU.
