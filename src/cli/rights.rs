//! Who types a command, and what to type where the store belongs to somebody else.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Unusable;
use crate::store::StoreError;

/// Characters of a name that is kept.
const NAME_CHARS_MAX: usize = 64;

/// The name of whoever types: behind `sudo` that of the person, not of the account.
pub(super) fn author() -> String {
    let from = |name| std::env::var(name).ok().filter(|name: &String| !name.trim().is_empty());
    let uid = rustix::process::getuid().as_raw();
    let name = from("SUDO_USER").or_else(|| named(&accounts(), uid)).or_else(|| from("LOGNAME"));
    let name = name.unwrap_or_else(|| format!("user {uid}"));
    name.chars().take(NAME_CHARS_MAX).collect()
}

/// A failure to open the store in `directory`, with what to type if it belongs to somebody else.
pub(super) fn explained(error: StoreError, directory: &Path, command: &str) -> anyhow::Error {
    let denied = match &error {
        StoreError::ReadOnly { .. } => true,
        StoreError::Io { error, .. } => error.kind() == ErrorKind::PermissionDenied,
        StoreError::Closed(_) => std::fs::File::open(directory).is_err(),
        _ => false,
    };
    let owner = directory.metadata().map(|metadata| metadata.uid());
    match owner {
        Ok(uid) if denied => Unusable(format!(
            "ipsbell: {error}; type it as the one whose store it is: `sudo -u {} ipsbell {command}`",
            account(uid)
        ))
        .into(),
        _ => error.into(),
    }
}

/// What `sudo -u` takes for a user: the name, `'#993'` where this machine's list of accounts has none.
fn account(uid: u32) -> String {
    named(&accounts(), uid).unwrap_or_else(|| format!("'#{uid}'"))
}

/// This machine's list of accounts; others may come from the network and are not in it.
fn accounts() -> String {
    std::fs::read_to_string("/etc/passwd").unwrap_or_default()
}

/// The name of an account in a list as passwd(5) has it.
fn named(accounts: &str, uid: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let fits = number.parse() == Ok(uid) && !name.is_empty() && name.chars().all(plain);
        fits.then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_not_write_the_store_is_told_what_to_type() {
        let place = tempfile::tempdir().unwrap();
        let said = |error| explained(error, place.path(), "unmute M1").to_string();
        let denied = std::io::Error::from(ErrorKind::PermissionDenied);
        let missing = std::io::Error::from(ErrorKind::NotFound);
        let (path, directory) = (place.path().join("hot.db"), place.path().to_owned());
        for (error, helps) in [
            (StoreError::ReadOnly { directory: directory.clone() }, true),
            (StoreError::Io { path: path.clone(), error: denied }, true),
            (StoreError::Io { path, error: missing }, false),
            (StoreError::Empty { directory }, false),
        ] {
            let said = said(error);
            let typed = said.contains("`sudo -u ") && said.contains(" ipsbell unmute M1`");
            assert_eq!(typed, helps, "{said}");
        }
    }

    #[test]
    fn the_account_of_a_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nbroken\nipsbell:x:993:990::/:/bin/false\n$(x):x:5:5:::\n";
        for (uid, name) in [(0, Some("root")), (993, Some("ipsbell")), (5, None), (7, None)] {
            assert_eq!(named(accounts, uid).as_deref(), name, "{uid}");
        }
    }
}
