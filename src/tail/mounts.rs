//! Which paths lie on a network file system: there, a look or a read can hang for as long as the server is away. Answers
//! from the system's table of mounts alone, since asking the file system itself would hang too. Opens no log.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

/// The system's table of mounts as this process sees it, proc(5).
const TABLE: &str = "/proc/self/mountinfo";

/// File systems whose files are elsewhere. All of FUSE is among them: a program answers for it, and may not.
const NETWORK: [&str; 20] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "fuse",
    "fuseblk",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "smb3",
    "smbfs",
    "virtiofs",
];

/// Symbolic links that are followed on the way to a file, as many as Linux does.
const LINKS_MAX: usize = 40;

/// The table of mounts at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mounts {
    /// Mount points in the order in which they were mounted, and whether a network is behind them.
    points: Vec<(PathBuf, bool)>,
}

impl Mounts {
    /// The mounts of this moment.
    ///
    /// # Errors
    /// The system does not show them.
    pub fn of_system() -> io::Result<Self> {
        Ok(Self::parse(&fs::read(TABLE)?))
    }

    /// Reads the lines of `mountinfo`; those of another shape are passed over.
    pub(crate) fn parse(table: &[u8]) -> Self {
        let points = table.split(|byte| *byte == b'\n').filter_map(|line| {
            // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
            let mut fields = line.split(|byte| *byte == b' ');
            let point = fields.nth(4)?;
            let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
            // Where all of the machine is on a network, no reader can be kept from it.
            Some((unescaped(point), is_network(kind) && point != b"/"))
        });
        Self { points: points.collect() }
    }

    /// The mount point of the network file system that `path` lies on, if it does. Links on the way are followed as far as
    /// they can be read without asking a network; a wildcard in the path is a name like any other.
    pub fn network(&self, path: &Path) -> Option<&Path> {
        self.network_with(path, |link| fs::read_link(link).ok())
    }

    fn network_with(
        &self,
        path: &Path,
        read_link: impl Fn(&Path) -> Option<PathBuf>,
    ) -> Option<&Path> {
        let mut rest: Vec<OsString> = names(path);
        let (mut at, mut links) = (PathBuf::from("/"), 0);
        while let Some(name) = rest.pop() {
            if name == ".." {
                at.pop();
            } else {
                at.push(name);
            }
            if let Some(point) = self.network_at(&at) {
                return Some(point);
            }
            let Some(target) = read_link(&at).filter(|_| links < LINKS_MAX) else { continue };
            links += 1;
            at.pop();
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            rest.extend(names(&target));
        }
        None
    }

    /// The point under which a path without links lies, if a network is behind it. Of points that lie in one another the
    /// deepest holds the path, of several at one place the last.
    fn network_at(&self, path: &Path) -> Option<&Path> {
        let above = self.points.iter().filter(|(point, _)| path.starts_with(point));
        let (point, network) = above.max_by_key(|(point, _)| point.components().count())?;
        network.then_some(point)
    }
}

/// The names of a path, the last one first.
fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    });
    let mut names: Vec<_> = names.collect();
    names.reverse();
    names
}

fn is_network(kind: &[u8]) -> bool {
    // `fuse.sshfs` and the like: the part before the dot is what the kernel knows.
    let family = kind.split(|byte| *byte == b'.').next().unwrap_or_default();
    NETWORK.iter().any(|name| name.as_bytes() == family)
}

/// Blanks, tabs, line feeds and backslashes stand as `\040` and so on.
fn unescaped(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, behind)) = rest.split_first() {
        let code = behind.get(..3).filter(|_| byte == b'\\').and_then(octal);
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { behind.get(3..).unwrap_or_default() } else { behind };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
25 22 0:22 / /var/log rw,nosuid shared:2 master:3 - xfs /dev/vdb rw
40 25 0:40 / /var/log/far rw,relatime shared:20 - nfs4 files.example.com:/logs rw,vers=4.2,hard
41 40 0:41 / /var/log/far/near rw - tmpfs tmpfs rw
42 22 0:42 / /mnt/two\\040words rw - fuse.sshfs user@host.example.com: rw
43 22 0:43 / /mnt/covered rw - nfs files.example.com:/old rw
44 43 0:44 / /mnt/covered rw - ext4 /dev/vdc rw
a broken line
45 22 0:45 / /mnt/half rw
";

    /// With the links /log -> var/log/far, /var/log/turn -> ../log/far/x, /loop -> loop.
    fn check(path: &str, wanted: Option<&str>) {
        let links = |path: &Path| match path.to_str()? {
            "/log" => Some("var/log/far".into()),
            "/var/log/turn" => Some("../log/far/x".into()),
            "/absolute" => Some("/mnt/two words".into()),
            "/loop" => Some("loop".into()),
            _ if path.starts_with("/var/log/far") => panic!("asked the network about {path:?}"),
            _ => None,
        };
        let mounts = Mounts::parse(TABLE);
        let found = mounts.network_with(Path::new(path), links);
        assert_eq!(found, wanted.map(Path::new), "{path}");
    }

    #[test]
    fn the_deepest_mount_decides_and_links_are_followed_without_asking_a_network() {
        check("/var/log/suricata/eve.json", None);
        check("/var/log/far/eve.json", Some("/var/log/far"));
        check("/var/log/far", Some("/var/log/far"));
        check("/var/log/far/near/eve.json", Some("/var/log/far"));
        check("/var/log/farther/eve.json", None);
        check("/var/log/far/*/eve*.json", Some("/var/log/far"));
        check("/mnt/two words/a/b.log", Some("/mnt/two words"));
        check("/mnt/covered/eve.json", None);
        check("/mnt/half/eve.json", None);
        check("/log/eve.json", Some("/var/log/far"));
        check("/absolute/eve.json", Some("/mnt/two words"));
        check("/var/log/turn/eve.json", Some("/var/log/far"));
        check("/srv/../var/log/far/eve.json", Some("/var/log/far"));
        check("/loop/eve.json", None);
        check("/", None);
    }

    #[test]
    fn the_systems_own_table_is_read() {
        let mounts = Mounts::of_system().unwrap();
        assert!(mounts.points.iter().any(|(point, _)| point == Path::new("/")), "{mounts:?}");
        assert_eq!(mounts.network(Path::new("/proc/self/status")), None);
    }
}
