//! The file of the page: whole or not at all, and nothing else is lost for it.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::Unusable;

/// How a page begins: a file that begins otherwise is none of ours and is not replaced.
const BEGINNING: &[u8] = b"<!doctype html>";

/// Where a page will be.
#[derive(Debug)]
pub(super) struct PageFile {
    path: PathBuf,
}

impl PageFile {
    /// Sees whether a page can be written there, before anything is played.
    pub(super) fn at(path: &Path) -> anyhow::Result<Self> {
        let file = Self { path: path.to_owned() };
        match File::open(path) {
            Ok(found) => file.must_be_a_page(found)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(file.unusable(&error.to_string())),
        }
        file.temporary().map_err(|error| file.unusable(&error.to_string()))?;
        Ok(file)
    }

    /// Writes it. Only its owner can read it, as he alone can read most logs.
    pub(super) fn write(&self, page: &str) -> anyhow::Result<()> {
        let written = || format!("cannot write `{}`", self.path.display());
        let mut file = self.temporary().with_context(written)?;
        file.write_all(page.as_bytes()).with_context(written)?;
        file.persist(&self.path).with_context(written)?;
        Ok(())
    }

    fn must_be_a_page(&self, found: File) -> anyhow::Result<()> {
        let is_file = found.metadata().is_ok_and(|metadata| metadata.is_file());
        let mut beginning = Vec::new();
        let limit = BEGINNING.len() as u64;
        let read = if is_file { found.take(limit).read_to_end(&mut beginning) } else { Ok(0) };
        match read {
            Ok(length) if is_file && (length == 0 || beginning == BEGINNING) => Ok(()),
            Ok(_) => Err(self.unusable("what is there is no page of HTML, and is left as it is")),
            Err(error) => Err(self.unusable(&error.to_string())),
        }
    }

    fn unusable(&self, why: &str) -> anyhow::Error {
        let path = self.path.display();
        Unusable(format!("ipsbell: cannot write `{path}`: {why}\n  hint: name a new file")).into()
    }

    /// A file beside it, mode 0600, that takes its place when it is whole.
    fn temporary(&self) -> std::io::Result<tempfile::NamedTempFile> {
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        tempfile::Builder::new()
            .prefix(".ipsbell-")
            .suffix(".html")
            .tempfile_in(directory.unwrap_or(Path::new(".")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_is_replaced_and_by_a_whole_one() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        for (before, is_replaced) in [
            (None, true),
            (Some(""), true),
            (Some("<!doctype html>\n<p>"), true),
            (Some("{\"event_type\":\"alert\"}\n"), false),
            (Some("<!doct"), false),
        ] {
            let path = directory.path().join("page.html");
            drop(std::fs::remove_file(&path));
            if let Some(before) = before {
                std::fs::write(&path, before).unwrap();
            }
            let file = PageFile::at(&path);
            assert_eq!(file.is_ok(), is_replaced, "{before:?}");
            let Ok(file) = file else { continue };
            file.write("<!doctype html>\nnew").unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "<!doctype html>\nnew");
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(PageFile::at(directory.path()).is_err());
        assert!(PageFile::at(&directory.path().join("missing/page.html")).is_err());
        let left = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 1, "nothing is left beside it");
    }
}
