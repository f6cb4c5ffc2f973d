//! Chapter 7: grouped and depthwise convolution.
