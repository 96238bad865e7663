//! Where a value comes from.

use std::fmt;
use std::rc::Rc;

/// How strong a value is: the later, the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    BuiltIn,
    File,
    BuiltInEnvironment,
    Environment,
    BuiltInRegion,
    Region,
    EnvironmentRegion,
    /// A `PACT_*` variable, which other tools read, too.
    PactVariable,
    /// A `BILLTEST_*` variable.
    Variable,
    Option,
}

/// A place in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Rc<str>,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// As in the file, without brackets; empty for its top.
    pub(crate) table: Rc<str>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// What is embedded in the program, with its table.
    Default(Rc<str>),
    File(Place),
    /// A variable of the environment.
    Variable(String),
    /// An option of the command line, as it is written there.
    Option(String),
}

impl Origin {
    /// The line and column, if it is in a file.
    pub(crate) fn place(&self) -> (usize, usize) {
        match self {
            Self::File(place) => (place.line, place.column),
            _ => (0, 0),
        }
    }

    /// The same before a complaint.
    pub(crate) fn at(&self) -> String {
        match self {
            Self::File(place) => place.to_string(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = match self {
            Self::Default(table) => {
                formatter.write_str("default")?;
                table
            }
            Self::File(place) => {
                write!(formatter, "{}:{}", place.file, place.line)?;
                &place.table
            }
            Self::Variable(name) => return formatter.write_str(name),
            Self::Option(name) => return formatter.write_str(name),
        };
        if table.is_empty() { Ok(()) } else { write!(formatter, " [{table}]") }
    }
}
