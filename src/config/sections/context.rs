//! `[context]`.

use std::path::PathBuf;

use globset::GlobBuilder;
use toml::de::DeValue;

use super::agent::absolute_path;
use crate::config::ContextFiles;
use crate::config::document::Node;
use crate::config::fault::Fault;
use crate::config::reader::{Reader, Table};
use crate::wanted::Unfit;

/// hosts(5).
const HOSTS: &str = "/etc/hosts";

impl ContextFiles {
    pub(in crate::config) fn read(table: &Table<'_, '_>) -> Self {
        let reader = table.reader;
        Self {
            hosts: table.one("hosts", |node| hosts(reader, node)).flatten(),
            assets: table.one("assets", |node| absolute_path(reader, node)),
            rules: table.list("rules", |node| rules(reader, node)).unwrap_or_default(),
        }
    }
}

fn hosts(reader: &Reader<'_>, node: Node<'_>) -> Result<Option<PathBuf>, Fault> {
    match node.value {
        DeValue::Boolean(is_wanted) => Ok(is_wanted.then(|| PathBuf::from(HOSTS))),
        DeValue::String(_) => absolute_path(reader, node).map(Some),
        _ => Err(node.wanted("`true`, `false` or an absolute path")),
    }
}

fn rules(reader: &Reader<'_>, node: Node<'_>) -> Result<PathBuf, Fault> {
    let path = absolute_path(reader, node)?;
    let special = |text: &str| text.contains(['*', '?', '[', '{']);
    if path.parent().is_some_and(|directory| special(&directory.to_string_lossy())) {
        return Err(node.wanted("a path with a pattern in the file's name alone"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Err(error) = GlobBuilder::new(&name).build() {
        let wanted = format!("a pattern ({})", error.kind());
        return Err(node.unfit(Unfit::new(wanted).hint("`[*]` is the character itself")));
    }
    Ok(path)
}
