//! Optimisers: SGD with momentum, and Adam.
