//! The harness that holds every algorithm against the definition (feature `testing`).
