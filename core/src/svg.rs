//! Figures: a very small writer of SVG.
//!
//! A figure stands on a card of its own, light or dark as its reader's system is, so that it can be
//! read on any page. Shapes have no colours but classes, and [`STYLE`] gives each class its colours.
//!
//! ```
//! use unrolled::svg::Svg;
//!
//! let mut svg = Svg::new(120.0, 60.0, "A cell", "One cell that holds a 7.");
//! svg.rect("cell hot", [40.0, 10.0], [40.0, 40.0]).text("", [60.0, 30.0], 7);
//! assert!(svg.finish().contains(r#"<rect class="cell hot" x="40" y="10" width="40" height="40"/>"#));
//! ```

use std::fmt::{self, Display, Write};

/// The colours of every figure. Classes: `cell` (of a grid), `hot` and `result` (cells to look at,
/// and texts of those colours), `small` and `large`, `soft` (grey), `code` (numbers and formulas), `start` (text that
/// begins where it is put, not centred).
pub const STYLE: &str = "
text { font: 15px system-ui, sans-serif; fill: #24292f; text-anchor: middle }
.card { fill: #fbfbfa; stroke: #d0d4d9 }
.cell { fill: #ffffff; stroke: #aab2bb }
rect.hot { fill: #ffe2b3; stroke: #d98a1f }
rect.result { fill: #cfe5ff; stroke: #3f83d1 }
.frame { fill: none; stroke: #d98a1f; stroke-width: 3 }
line { stroke: #aab2bb; stroke-width: 1.5 }
text.hot { fill: #9a5b00 }
text.result { fill: #1559a8; font-weight: 600 }
text.soft { fill: #5b6470 }
text.small { font-size: 11px }
text.large { font-size: 26px }
text.code { font-family: ui-monospace, Menlo, Consolas, monospace }
text.start { text-anchor: start }
@media (prefers-color-scheme: dark) {
text { fill: #e3e6ea }
.card { fill: #1c2128; stroke: #3a424c }
.cell { fill: #262c35; stroke: #59636f }
rect.hot { fill: #5a3f12; stroke: #e0a048 }
rect.result { fill: #17406e; stroke: #6aa9ee }
.frame { stroke: #e0a048 }
line { stroke: #59636f }
text.hot { fill: #f2bd6b }
text.result { fill: #9ccbff }
text.soft { fill: #a3adb8 }
}
";

/// A figure in the making. Places and sizes are `[x, y]`, in pixels, y downwards.
#[derive(Debug, Clone)]
pub struct Svg(String);

impl Svg {
    /// An empty card of this size, with a title and the description that is read out to those who
    /// don't see it.
    pub fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut svg = Self(String::new());
        svg.add(format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">"#,
        ));
        svg.add(format_args!("<title>{}</title>", Escaped(title)));
        svg.add(format_args!("<desc>{}</desc>", Escaped(description)));
        svg.add(format_args!("<style>{STYLE}</style>"));
        svg.add(format_args!(
            r#"<rect class="card" x="0.5" y="0.5" width="{}" height="{}" rx="8"/>"#,
            width - 1.0,
            height - 1.0
        ));
        svg
    }

    /// More colours, for classes of this figure's own: CSS, as [`STYLE`] is.
    pub fn style(&mut self, css: &str) -> &mut Self {
        self.add(format_args!("<style>{}</style>", Escaped(css)))
    }

    /// A circle, with a text that shows where a pointer rests on it.
    pub fn circle(&mut self, class: &str, [x, y]: [f64; 2], radius: f64, title: impl Display) -> &mut Self {
        let (class, title) = (Escaped(class), Escaped(title));
        self.add(format_args!(
            r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"><title>{title}</title></circle>"#
        ))
    }

    /// A rectangle.
    pub fn rect(&mut self, class: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> &mut Self {
        let class = Escaped(class);
        self.add(format_args!(r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"/>"#))
    }

    /// A line.
    pub fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> &mut Self {
        let class = Escaped(class);
        self.add(format_args!(r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#))
    }

    /// A line of text, centred where it is put.
    pub fn text(&mut self, class: &str, [x, y]: [f64; 2], text: impl Display) -> &mut Self {
        let class = Escaped(class);
        self.add(format_args!(r#"<text class="{class}" x="{x}" y="{y}" dy="0.35em">{}</text>"#, Escaped(text)))
    }

    /// A picture in sixteen shades of grey: `numbers` in rows of `width`, each a square with sides of `cell`, from black for 0
    /// and below to white for `largest`.
    ///
    /// # Panics
    /// If `width` is 0.
    pub fn picture(&mut self, [x, y]: [f64; 2], numbers: &[f32], width: usize, cell: f64, largest: f32) -> &mut Self {
        let height = numbers.len() / width;
        // Crisp edges leave no seams between the cells.
        self.add(format_args!(
            r#"<g transform="translate({x} {y}) scale({cell})" shape-rendering="crispEdges"><rect width="{width}" height="{height}"/>"#
        ));
        let mut paths = vec![String::new(); 16];
        for (y, row) in numbers.chunks(width).enumerate() {
            let shade = |x: &f32| ((x / largest).clamp(0.0, 1.0) * 15.0).round() as usize;
            let shades: Vec<usize> = row.iter().map(shade).collect();
            let mut x = 0;
            // Neighbours of one shade are one rectangle.
            for run in shades.chunk_by(|a, b| a == b) {
                let wide = run.len();
                write!(paths[run[0]], "M{x} {y}h{wide}v1h-{wide}z").expect("a String takes any text");
                x += wide;
            }
        }
        for (g, path) in paths.iter().enumerate().skip(1).filter(|(_, path)| !path.is_empty()) {
            self.add(format_args!(r##"<path fill="#{g:x}{g:x}{g:x}" d="{path}"/>"##));
        }
        self.add(format_args!("</g>"))
    }

    /// What `draw` draws, moved by `by`.
    pub fn group(&mut self, [x, y]: [f64; 2], draw: impl FnOnce(&mut Self)) -> &mut Self {
        self.add(format_args!(r#"<g transform="translate({x} {y})">"#));
        draw(self);
        self.add(format_args!("</g>"))
    }

    /// The figure as a file's content.
    pub fn finish(mut self) -> String {
        self.add(format_args!("</svg>"));
        self.0
    }

    fn add(&mut self, element: fmt::Arguments<'_>) -> &mut Self {
        writeln!(self.0, "{element}").expect("a String takes any text");
        self
    }
}

/// Text in which `&`, `<`, `>` and `"` can't be taken for markup.
struct Escaped<T>(T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.to_string().chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
