//! `journal = { … }` of a `[[source]]`.

use toml::de::DeValue;

use crate::config::JournalMatch;
use crate::config::document::{Node, shown};
use crate::config::fault::Fault;
use crate::config::reader::Reader;
use crate::wanted::{Unfit, known_words};

/// The keys of the table.
const KEYS: [&str; 4] = ["unit", "identifier", "kernel", "directory"];

/// Longer names are nobody's wish: systemd allows 255 bytes for a unit.
const NAME_BYTES_MAX: usize = 255;

/// What a unit's name ends with (systemd.unit(5)); `.service` may be left out, as for systemctl(1).
const UNIT_TYPES: [&str; 11] = [
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
];

/// The matches, and their places. Faults of its values are kept, so that all are seen.
pub(super) fn read<'d>(
    reader: &Reader<'_>,
    node: Node<'d>,
    places: &mut Vec<(String, Node<'d>)>,
) -> Result<JournalMatch, Fault> {
    let DeValue::Table(entries) = node.value else {
        return Err(node.wanted("a table such as `{ unit = \"fail2ban.service\" }`"));
    };
    let mut found = JournalMatch::default();
    let mut nodes = Vec::new();
    for entry in Node::entries(node.file, entries) {
        match entry.key {
            "unit" => nodes.extend(names(reader, entry, &mut found.units, |name| unit(&name))),
            "identifier" => nodes.extend(names(reader, entry, &mut found.identifiers, |name| name)),
            "kernel" => {
                found.kernel = reader.keep(reader.truth(entry)).unwrap_or_default();
                nodes.push((entry.key.to_owned(), entry));
            }
            "directory" => {
                found.directory = reader.keep(reader.parsed(entry, DIRECTORY, directory));
            }
            _ => {
                let what = format!("unknown key {} in `journal`", shown(entry.key));
                let hint = Some(known_words(entry.key, &KEYS));
                reader.blame(Fault { hint, ..entry.key_fault(what) });
            }
        }
    }
    if found.parts().next().is_none() {
        return Err(node.wanted("one of `unit`, `identifier` and `kernel = true` at least"));
    }
    for names in [&mut found.units, &mut found.identifiers] {
        names.sort();
        names.dedup();
    }
    // What another directory holds is another's.
    let directory = found.directory.as_deref().unwrap_or_default();
    places.extend(nodes.into_iter().map(|(part, node)| (format!("{directory}\n{part}"), node)));
    Ok(found)
}

/// Names of one key, with their places.
fn names<'d>(
    reader: &Reader<'_>,
    node: Node<'d>,
    into: &mut Vec<String>,
    whole: impl Fn(String) -> String,
) -> Vec<(String, Node<'d>)> {
    let mut places = Vec::new();
    for item in reader.items(node) {
        let Some(name) = reader.keep(name(reader, item)) else { continue };
        let name = whole(name);
        places.push((name.clone(), item));
        into.push(name);
    }
    places
}

fn name(reader: &Reader<'_>, node: Node<'_>) -> Result<String, Fault> {
    let text = reader.text(node)?;
    let fits = |text: &str| !text.contains(',') && !text.contains(char::is_control);
    if (1..=NAME_BYTES_MAX).contains(&text.len()) && fits(&text) {
        return Ok(text.into_owned());
    }
    Err(node.wanted(&format!("a name of 1 to {NAME_BYTES_MAX} bytes, without a comma")))
}

fn unit(name: &str) -> String {
    let is_whole = UNIT_TYPES.iter().any(|kind| name.ends_with(kind));
    if is_whole { name.to_owned() } else { format!("{name}.service") }
}

const DIRECTORY: &str = "an absolute path of a directory of journal files";

fn directory(text: &str) -> Result<String, Unfit> {
    let fits = text.starts_with('/') && !text.contains(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(Unfit::new(DIRECTORY)) }
}
