//! How tensors look when they are printed.

use crate::real::Real;
use crate::tensor::Tensor;
use std::fmt;

impl<T: Real> fmt::Display for Tensor<T> {
    /// As a person would write it: nested brackets, columns aligned, no more decimals than needed
    /// and at most four (or as many as `{:.N}` says). Long axes are shortened in the middle.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = f.precision().unwrap_or(4);
        let digits = |x: &T| {
            let text = format!("{:.most$}", x.f64());
            text.trim_end_matches('0').rsplit_once('.').map_or(0, |(_, decimals)| decimals.len())
        };
        let shown = || self.data().iter().filter(|x| x.f64().is_finite()).take(10_000);
        let decimals = shown().map(digits).max().unwrap_or(0).max(usize::from(f.precision().is_none()));
        let decimals = f.precision().unwrap_or(decimals);
        let text = |x: T| format!("{:.decimals$}", x.f64());
        let width = self.data().iter().take(10_000).map(|&x| text(x).len()).max().unwrap_or(0);
        let mut out = String::new();
        write_axis(&mut out, self.shape(), self.data(), 0, &|x| format!("{:>width$}", text(x)));
        f.write_str(&out)
    }
}

/// Writes one axis in brackets, and the axes inside it.
fn write_axis<T: Real>(out: &mut String, shape: &[usize], data: &[T], depth: usize, text: &dyn Fn(T) -> String) {
    const MOST: usize = 12;
    let Some((&n, inner)) = shape.split_first() else {
        out.push_str(text(data[0]).trim_start());
        return;
    };
    let step = data.len() / n.max(1);
    let separator =
        if inner.is_empty() { ", ".into() } else { format!(",{}{}", "\n".repeat(inner.len()), " ".repeat(depth + 1)) };
    out.push('[');
    for i in (0..n).filter(|&i| n <= MOST || i < 3 || i >= n - 3) {
        if i > 0 {
            out.push_str(&separator);
        }
        if n > MOST && i == n - 3 {
            out.push_str("...");
            out.push_str(&separator);
        }
        match inner {
            [] => out.push_str(&text(data[i])),
            _ => write_axis(out, inner, &data[i * step..][..step], depth + 1, text),
        }
    }
    out.push(']');
}

impl<T: Real> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor{:?} {self}", self.shape())
    }
}
