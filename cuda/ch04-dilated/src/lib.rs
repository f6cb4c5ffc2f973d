//! Chapter 4 on the GPU.
