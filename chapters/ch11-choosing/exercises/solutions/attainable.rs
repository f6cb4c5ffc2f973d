//! Exercise 11.2.

// ANCHOR: attainable
pub fn attainable(intensity: f64, peak: f64, bandwidth: f64) -> f64 {
    peak.min(intensity * bandwidth)
}

pub fn enough_cores(intensity: f64, peak: f64, bandwidth: f64) -> usize {
    ((intensity * bandwidth / peak).ceil() as usize).max(1)
}
// ANCHOR_END: attainable
