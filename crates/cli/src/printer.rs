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
    format: Format,
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
            format: Format::Human,
        }
    }

    pub(crate) fn with_format(mut self, format: Format) -> Self {
        self.set_format(format);
        self
    }

    pub(crate) fn set_format(&mut self, format: Format) {
        self.format = format;
    }

    /// Whether somebody may be watching.
    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Format::Human
    }

    /// A line of what is going on; only people who watch want it.
    pub(crate) fn progress(&mut self, text: impl Display) {
        if self.format == Format::Human {
            self.line(text);
        }
    }

    /// A line of the result. Who reads it may have gone away (`| head`); the exit code still tells.
    pub(crate) fn line(&mut self, text: impl Display) {
        if self.format != Format::Json {
            let _ = writeln!(self.out, "{text}");
            let _ = self.out.flush();
        }
    }

    /// The whole result for a program, if that is what was asked for; then nothing else goes where it goes.
    pub(crate) fn document(&mut self, text: impl FnOnce() -> String) {
        if self.format == Format::Json {
            let _ = write!(self.out, "{}", text());
            let _ = self.out.flush();
        }
    }

    /// A line for the machine that runs the command. It reads both streams.
    pub(crate) fn command(&mut self, text: impl Display) {
        match self.format {
            Format::Json => {
                let _ = writeln!(self.err, "{text}");
            }
            Format::Human | Format::Quiet => self.line(text),
        }
    }

    pub(crate) fn error(&mut self, text: impl Display) {
        let _ = writeln!(self.err, "{BAD}error:{BAD:#} {text}");
    }

    /// What helps to understand an error that was told.
    pub(crate) fn note(&mut self, text: impl Display) {
        let _ = writeln!(self.err, "{NOTICE}note:{NOTICE:#} {text}");
    }

    pub(crate) fn warning(&mut self, text: impl Display) {
        let _ = writeln!(self.err, "{NOTICE}warning:{NOTICE:#} {text}");
    }
}

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Each result as it comes, then every failure in full
    Human,
    /// The JSON report and nothing else
    Json,
    /// Failures and the last line
    Quiet,
}

/// When to colour: on a terminal, always, never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}
