//! The URL of a destination, a secret: from exactly one of `url`, `url_file`, `url_env`,
//! `credential`. No fault shows it, nor a value that may be one in the wrong place.

use std::path::Path;

use zeroize::Zeroizing;

use super::agent::absolute_path;
use crate::config::Secrets;
use crate::config::document::Node;
use crate::config::fault::Fault;
use crate::config::files;
use crate::config::reader::{Reader, Table, is_variable};
use crate::secret::Secret;
use crate::wanted::Unfit;

/// The keys, the best way first.
pub(super) const KEYS: [&str; 4] = ["url_file", "credential", "url_env", "url"];

/// The most bytes of a URL.
const URL_BYTES_MAX: u64 = 4_096;

/// The URL, and the key that gave it.
pub(super) fn read<'d>(table: &Table<'d, '_>) -> Option<(Node<'d>, Option<Secret>)> {
    let reader = table.reader;
    let given: Vec<Node<'d>> = KEYS.iter().filter_map(|key| table.node(key)).collect();
    let [node] = given[..] else {
        match given.get(1) {
            Some(second) => {
                let what = format!("wanted one of {}, found several", key_list());
                let hint = Some("keep the one that holds the URL".to_owned());
                reader.blame(Fault { hint, ..second.key_fault(what) });
            }
            None => {
                let hint = "write the URL to a file and add `url_file = \"/etc/ipsbell/….url\"`";
                table.missing("its URL", Some(hint.to_owned()));
            }
        }
        return None;
    };
    let secret = match node.key {
        "url_file" => from_file(reader, node),
        "credential" => from_credential(reader, node),
        "url_env" => from_environment(reader, node),
        _ => from_this_file(reader, node),
    };
    Some((node, reader.keep(secret)?))
}

fn key_list() -> String {
    KEYS.map(|key| format!("`{key}`")).join(", ")
}

fn from_file(reader: &Reader<'_>, node: Node<'_>) -> Result<Option<Secret>, Fault> {
    let path = absolute_path(reader, node).map_err(|fault| Fault {
        hint: Some("name a file that holds the URL; the URL itself does not belong here".into()),
        ..fault
    })?;
    match reader.secrets {
        Secrets::Read => secret_file(node, &path).map(Some),
        Secrets::Leave => Ok(None),
    }
}

/// systemd puts credentials into a directory that only the service sees (systemd.exec(5),
/// LoadCredential=).
fn from_credential(reader: &Reader<'_>, node: Node<'_>) -> Result<Option<Secret>, Fault> {
    let name = reader.text(node)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        let unfit = Unfit::new("the name of a credential: letters, digits, `-`, `_`, `.`");
        let hint = "it is the part before the colon of `LoadCredential=` in the unit";
        return Err(node.unfit(unfit.hint(hint)));
    }
    if reader.secrets == Secrets::Leave {
        return Ok(None);
    }
    let Some(directory) = (reader.environment)("CREDENTIALS_DIRECTORY") else {
        let what = "`credential`: systemd gave this process no credentials".to_owned();
        let hint = format!(
            "add `LoadCredential={name}:/etc/ipsbell/{name}` to the unit; a command that you start \
             yourself sees none: use `url_file` there"
        );
        return Err(Fault { hint: Some(hint), ..node.fault(what) });
    };
    secret_file(node, &Path::new(&directory).join(name.as_ref())).map(Some)
}

fn from_environment(reader: &Reader<'_>, node: Node<'_>) -> Result<Option<Secret>, Fault> {
    let name = reader.text(node)?;
    if !is_variable(&name) {
        let unfit = Unfit::new("the name of an environment variable");
        return Err(node.unfit(unfit.hint("such as `url_env = \"SOC_URL\"`, without `$`")));
    }
    if reader.secrets == Secrets::Leave {
        return Ok(None);
    }
    let Some(value) = (reader.environment)(&name).map(Zeroizing::new) else {
        let what = format!("`url_env`: `{name}` is not in the environment");
        let hint = "set it where ipsbell is started (`EnvironmentFile=` in the unit)".to_owned();
        return Err(Fault { hint: Some(hint), ..node.fault(what) });
    };
    one_line(node, &format!("the variable `{name}`"), &value).map(Some)
}

fn from_this_file(reader: &Reader<'_>, node: Node<'_>) -> Result<Option<Secret>, Fault> {
    let text = Zeroizing::new(reader.text(node)?.into_owned());
    if !node.file.private && !node.uses_environment() {
        return Err(exposed(node, "the URL"));
    }
    let secret = one_line(node, "the value", &text)?;
    Ok((reader.secrets == Secrets::Read).then_some(secret))
}

/// A fault: a secret is written in a file that others can read.
pub(super) fn exposed(node: Node<'_>, secret: &str) -> Fault {
    let path = node.file.path.display();
    let what = format!("`{}`: {secret} is written here, and others can read this file", node.key);
    let hint = format!("type `chmod o= {path}`; if others may have read it, have it replaced");
    Fault { hint: Some(hint), ..node.fault(what) }
}

/// The secret that is all of a file, but for the newline at its end.
fn secret_file(node: Node<'_>, path: &Path) -> Result<Secret, Fault> {
    let shown = path.display();
    let content = files::content(path, URL_BYTES_MAX).map_err(|error| {
        let what = format!("`{}`: cannot read {shown}: {}", node.key, files::reason(&error));
        let hint = format!("it must be a file that ipsbell may read: type `ls -l {shown}`");
        Fault { hint: Some(hint), ..node.fault(what) }
    })?;
    if content.others_read || content.others_write {
        let access = if content.others_write { "write" } else { "read" };
        let what = format!("`{}`: others can {access} {shown}, which holds a secret", node.key);
        let hint = format!("type `chmod o= {shown}`; if others may have read it, have it replaced");
        return Err(Fault { hint: Some(hint), ..node.fault(what) });
    }
    match std::str::from_utf8(&content.bytes) {
        Ok(text) => one_line(node, &shown.to_string(), text),
        Err(_) => Err(node.fault(format!("`{}`: {shown} holds no text", node.key))),
    }
}

/// A secret is one line, neither empty nor endless. `holder` says where it is.
fn one_line(node: Node<'_>, holder: &str, text: &str) -> Result<Secret, Fault> {
    let text = text.trim();
    let found = if text.is_empty() {
        "nothing".to_owned()
    } else if text.contains(char::is_control) {
        "several lines".to_owned()
    } else if u64::try_from(text.len()).is_ok_and(|bytes| bytes > URL_BYTES_MAX) {
        format!("more than {URL_BYTES_MAX} bytes")
    } else {
        return Ok(Secret::new(text));
    };
    Err(node.fault(format!("`{}`: wanted a URL on one line in {holder}, found {found}", node.key)))
}
