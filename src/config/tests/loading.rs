//! Real files in a directory of their own: order, permissions, limits.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::config::files;

struct Directory(tempfile::TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, mode: u32, text: impl AsRef<[u8]>) -> &Self {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn load(&self, secrets: Secrets) -> Result<Config, String> {
        let (files, faults) = files::all(&self.path("config.toml"));
        let here = self.0.path().to_str().unwrap().to_owned();
        let environment = |name: &str| match name {
            "CREDENTIALS_DIRECTORY" => Some(format!("{here}/credentials")),
            _ => environment(name),
        };
        let reader = Reader {
            formats: &[&EVE],
            own_formats: Vec::new(),
            kinds: &[&SLACK, &CONSOLE, &HEARTBEAT],
            environment: &environment,
            secrets,
            faults: faults.into(),
        };
        read(&files, reader, "machine").map_err(|faults| faults.to_string().replace(&here, "DIR"))
    }

    #[track_caller]
    fn check(&self, wanted: &str) {
        let shown = self.load(Secrets::Read).err().unwrap_or_default();
        assert_eq!(shown, wanted.trim_matches('\n'), "shown:\n{shown}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}

fn destination(key: &str) -> String {
    format!("[[destination]]\nname = \"n\"\ntype = \"slack\"\n{key}\n")
}

#[test]
fn files_beside_it_are_read_in_name_order() {
    let directory = Directory::new();
    let source = |path: &str| format!("[[source]]\npaths = \"{path}\"\n");
    directory
        .write("config.toml", 0o644, source("/0"))
        .write("conf.d/20.toml", 0o644, source("/2"))
        .write("conf.d/10.toml", 0o644, source("/1"))
        .write("conf.d/.10.toml", 0o644, "no TOML")
        .write("conf.d/30.toml~", 0o644, "no TOML")
        .write("conf.d/deeper/40.toml", 0o644, "no TOML");
    let config = directory.load(Secrets::Read).unwrap();
    let paths: Vec<_> = config.sources.iter().flat_map(|source| &source.paths).collect();
    assert_eq!(paths, ["/0", "/1", "/2"]);
}

#[test]
fn files_that_cannot_be_read() {
    let directory = Directory::new();
    directory.check(
        "
DIR/config.toml: cannot read it: it does not exist
  hint: write one, or name another with `--config PATH`
",
    );
    directory.write("config.toml", 0o644, b"[agent]\nhost = \"\xff\"\n").check(
        "
DIR/config.toml:2:9: wanted text in UTF-8, found another byte
  hint: write the file anew in UTF-8
",
    );
    let longest = "#".repeat(usize::try_from(FILE_BYTES_MAX).unwrap());
    directory.write("config.toml", 0o644, &longest).check("");
    directory
        .write("config.toml", 0o644, longest + "#")
        .check("DIR/config.toml: cannot read it: it is longer than 1048576 bytes");
    directory.write("config.toml", 0o666, "").check(
        "
DIR/config.toml: others can write it, so anybody could send your alerts elsewhere
  hint: type `chmod o-w DIR/config.toml`, and look at what it says
",
    );
    fs::create_dir(directory.path("conf.d")).unwrap();
    fs::create_dir(directory.path("conf.d/x.toml")).unwrap();
    directory
        .write("config.toml", 0o644, "")
        .check("DIR/conf.d/x.toml: cannot read it: this is no regular file");
}

#[test]
fn a_pipe_is_refused_at_once() {
    let directory = Directory::new();
    let path = directory.path("config.toml");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    directory.check("DIR/config.toml: cannot read it: this is no regular file");
}

#[test]
fn too_many_files() {
    let directory = Directory::new();
    directory.write("config.toml", 0o644, "");
    for number in 0..FILES_MAX {
        directory.write(&format!("conf.d/{number}.toml"), 0o644, "");
    }
    directory.check("");
    directory
        .write("conf.d/more.toml", 0o644, "")
        .check("DIR/conf.d: cannot read it: it holds more than 1000 files");
}

#[test]
fn the_url_in_a_file_of_its_own() {
    let directory = Directory::new();
    let path = directory.path("soc.url");
    directory.write("config.toml", 0o644, destination(&format!("url_file = {path:?}")));
    directory.check(
        "
DIR/config.toml:4:12: `url_file`: cannot read DIR/soc.url: it does not exist
  hint: it must be a file that ipsbell may read: type `ls -l DIR/soc.url`
",
    );
    for (mode, access) in [(0o644, "read"), (0o602, "write"), (0o666, "write")] {
        directory.write("soc.url", mode, "https://hooks.example.com/SECRET\n").check(&format!(
            "DIR/config.toml:4:12: `url_file`: others can {access} DIR/soc.url, which holds a \
             secret\n  hint: type `chmod o= DIR/soc.url`; if others may have read it, have it \
             replaced"
        ));
    }
    for (text, found) in [("\n", "nothing"), ("SECRET\nSECRET\n", "several lines")] {
        directory.write("soc.url", 0o640, text).check(&format!(
            "DIR/config.toml:4:12: `url_file`: wanted a URL on one line in DIR/soc.url, found \
             {found}"
        ));
    }
    directory.write("soc.url", 0o640, "x".repeat(4_097)).check(
        "
DIR/config.toml:4:12: `url_file`: cannot read DIR/soc.url: it is longer than 4096 bytes
  hint: it must be a file that ipsbell may read: type `ls -l DIR/soc.url`
",
    );
    directory
        .write("soc.url", 0o640, b"\xff")
        .check("DIR/config.toml:4:12: `url_file`: DIR/soc.url holds no text");

    directory.write("soc.url", 0o640, "https://hooks.example.com/SECRET\r\n");
    let config = directory.load(Secrets::Read).unwrap();
    let url = config.destinations[0].settings.url.clone().unwrap();
    assert_eq!(url.reveal(), "https://hooks.example.com/SECRET");
}

#[test]
fn the_url_in_a_credential_or_a_private_file() {
    let directory = Directory::new();
    let url = "https://hooks.example.com/SECRET";
    for (mode, key) in
        [(0o644, "credential = \"soc\"".to_owned()), (0o640, format!("url = \"{url}\""))]
    {
        directory.write("config.toml", mode, destination(&key)).write(
            "credentials/soc",
            0o400,
            url,
        );
        let config = directory.load(Secrets::Read).unwrap();
        assert_eq!(config.destinations[0].settings.url.as_ref().unwrap().reveal(), url);
    }
}

#[test]
fn secrets_can_be_left_alone() {
    for key in ["url_file = \"/nowhere\"", "url_env = \"GONE\"", "credential = \"gone\""] {
        let directory = Directory::new();
        directory.write("config.toml", 0o644, destination(key));
        assert!(directory.load(Secrets::Read).is_err(), "{key}");
        let config = directory.load(Secrets::Leave).unwrap();
        assert_eq!(config.destinations[0].settings.url, None, "{key}");
    }
}

#[test]
fn a_command_without_a_configuration() {
    let paths = ["/var/log/a[1].json".into(), "b.json".into()];
    let config = Config::for_files(&paths, &CONSOLE, "/tmp/state".into()).unwrap();
    let [source] = &config.sources[..] else { panic!("one source") };
    let matcher = |path: &str| globset::Glob::new(path).unwrap().compile_matcher();
    assert!(matcher(&source.paths[0]).is_match("/var/log/a[1].json"));
    let here = std::env::current_dir().unwrap();
    assert!(matcher(&source.paths[1]).is_match(here.join("b.json")));
    assert_eq!(config.destinations[0].name, "console");
    assert!(!config.agent.host.is_empty());
    assert_eq!(config.agent.state_dir, Path::new("/tmp/state"));
}

#[test]
fn the_real_tables_are_used() {
    let directory = Directory::new();
    directory.write("config.toml", 0o644, "[agent]\nhost = \"${HOST}\"\n[[mute]]\n");
    let faults = load(&directory.path("config.toml"), Secrets::Read, &environment).unwrap_err();
    assert_eq!(faults.list.len(), 2, "{faults}");
    directory.write("config.toml", 0o644, "[agent]\nhost = \"${HOST}\"\n");
    let config = load(&directory.path("config.toml"), Secrets::Read, &environment).unwrap();
    assert_eq!(config.agent.host, "web-1");
}
