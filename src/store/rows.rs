//! Rows of a table as they are, to be carried into a file or into another database. Knows the meaning of no column, so that a
//! column that is added later is carried as well.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};

use super::StoreError;

/// Rows of one table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rows {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A value of a column, as JSON has it: `7`, `"text"`, `{"bytes": "text"}`, `{"hex": "ff00"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes { bytes: String },
    Hex { hex: String },
}

/// The columns of a table; none if there is no such table.
pub(super) fn columns(connection: &Connection, table: &str) -> Result<Vec<String>, StoreError> {
    let mut query = connection.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    let names = query.query_map([table], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The rows of `table` for which `condition` holds, and whether all of them could be read.
pub(super) fn read(connection: &Connection, table: &str, condition: &str) -> (Rows, bool) {
    let mut found = Rows::default();
    let whole = read_into(connection, table, condition, &mut found).is_ok();
    (found, whole)
}

fn read_into(
    connection: &Connection,
    table: &str,
    condition: &str,
    found: &mut Rows,
) -> Result<(), StoreError> {
    found.columns = columns(connection, table)?;
    if found.columns.is_empty() {
        return Err(StoreError::Damaged { wanted: "a table", found: format!("no `{table}`") });
    }
    let listed = list(&found.columns);
    let mut query =
        connection.prepare(&format!("SELECT {listed} FROM {table} WHERE {condition}"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let cells = (0..found.columns.len()).map(|column| row.get_ref(column).map(Cell::from));
        found.rows.push(cells.collect::<Result<_, _>>()?);
    }
    Ok(())
}

/// Puts rows into `table`, as far as it has their columns; a row that the table refuses is left out. Gives how many are in.
///
/// # Errors
/// The database cannot be written.
pub(super) fn write(
    connection: &Connection,
    table: &str,
    rows: &Rows,
) -> Result<usize, StoreError> {
    let known = columns(connection, table)?;
    let kept: Vec<bool> = rows.columns.iter().map(|column| known.contains(column)).collect();
    let names: Vec<String> = pick(&rows.columns, &kept).cloned().collect();
    if names.is_empty() {
        return Ok(0);
    }
    let marks = vec!["?"; names.len()].join(", ");
    let listed = list(&names);
    let mut insert = connection
        .prepare(&format!("INSERT OR REPLACE INTO {table} ({listed}) VALUES ({marks})"))?;
    let mut written = 0;
    for row in &rows.rows {
        match insert.execute(params_from_iter(pick(row, &kept).map(Value::from))) {
            Ok(rows) => written += rows,
            Err(error) => match StoreError::from(error) {
                // What this program does not write is no loss to it.
                error if error.is_damage() => {}
                error => return Err(error),
            },
        }
    }
    Ok(written)
}

/// Column names as SQL has them.
pub(super) fn list(columns: &[String]) -> String {
    let quoted = columns.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(", ")
}

fn pick<'a, T>(all: &'a [T], kept: &'a [bool]) -> impl Iterator<Item = &'a T> {
    all.iter().zip(kept).filter(|(_, kept)| **kept).map(|(each, _)| each)
}

impl Rows {
    /// The cell of this column in the first row.
    pub(super) fn first(&self, column: &str) -> Option<&Cell> {
        let place = self.columns.iter().position(|name| name == column)?;
        self.rows.first()?.get(place)
    }
}

impl Cell {
    /// The number in it.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        let bytes = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => Self::Bytes { bytes: text.to_owned() },
            Err(_) => Self::Hex { hex: data_encoding::HEXLOWER.encode(bytes) },
        };
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            // Damaged text goes as bytes: no column of text takes it back.
            ValueRef::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => Self::Text(text.to_owned()),
                Err(_) => bytes(text),
            },
            ValueRef::Blob(blob) => bytes(blob),
        }
    }
}

impl From<&Cell> for Value {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Integer(number) => Self::Integer(*number),
            Cell::Real(number) => Self::Real(*number),
            Cell::Text(text) => Self::Text(text.clone()),
            Cell::Bytes { bytes } => Self::Blob(bytes.clone().into_bytes()),
            Cell::Hex { hex } => {
                data_encoding::HEXLOWER.decode(hex.as_bytes()).map_or(Self::Null, Self::Blob)
            }
        }
    }
}
