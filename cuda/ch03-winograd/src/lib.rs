//! Chapter 3 on the GPU.
