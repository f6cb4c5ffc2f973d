//! Chapter 10: separable and flattened convolutions, one kernel as several small ones.
