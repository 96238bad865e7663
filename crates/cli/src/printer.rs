//! The only thing that prints.

use std::fmt::Display;
use std::io::{Stderr, Stdout, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// What worked.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What failed.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What the reader should know.
pub(crate) const NOTICE: Style = AnsiColor::Yellow.on_default();
/// What matters less.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What leads a paragraph.
pub(crate) const STRONG: Style = Style::new().bold();

/// Standard output and error, coloured where that is wanted. Every line can be read without colour.
pub(crate) struct Printer {
    out: AutoStream<Stdout>,
    err: AutoStream<Stderr>,
}

impl Printer {
    pub(crate) fn new(color: Color) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            out: AutoStream::new(std::io::stdout(), choice),
            err: AutoStream::new(std::io::stderr(), choice),
        }
    }

    /// A line of the result. Who reads it may have gone away (`| head`); the exit code still tells.
    pub(crate) fn line(&mut self, text: impl Display) {
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }

    pub(crate) fn error(&mut self, text: impl Display) {
        let _ = writeln!(self.err, "{BAD}error:{BAD:#} {text}");
    }

    pub(crate) fn warning(&mut self, text: impl Display) {
        let _ = writeln!(self.err, "{NOTICE}warning:{NOTICE:#} {text}");
    }
}

/// When to colour: on a terminal, always, never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}
