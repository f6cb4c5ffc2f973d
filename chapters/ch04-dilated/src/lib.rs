//! Chapter 4: dilated convolution as the dense convolutions of its sub-grids.
