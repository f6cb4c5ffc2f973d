//! Chapter 5: transposed convolution, the gradient as a layer.
