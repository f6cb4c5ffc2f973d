//! Initial weights, as PyTorch draws them.
