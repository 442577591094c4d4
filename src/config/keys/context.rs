//! The keys of `[context]`.

use super::{Key, Section};

/// `[context]`.
pub static CONTEXT: Section = Section {
    name: "context",
    many: false,
    about: "Files of this machine that say more of what an alert names. They are read at the start and at each reload, and \
            nobody else is asked. What is wrong in them is told by `ipsbell check` and in the log, with the line; the rest \
            is used.",
    matcher: false,
    keys: &[
        Key {
            name: "hosts",
            value: "`true`, `false` or an absolute path",
            default: "`false`",
            example: "hosts = true",
            about: "Show the names of addresses that `/etc/hosts` has, or another file of this form.",
        },
        Key {
            name: "assets",
            value: "absolute path",
            default: "none",
            example: r#"assets = "/etc/ipsbell/assets.csv""#,
            about: "A file with a line for each network or address that is yours: `CIDR,label` or `CIDR,label,owner`. The \
                    longest prefix wins.",
        },
        Key {
            name: "rules",
            value: "list of absolute paths, `*`, `?`, `[…]` and `{a,b}` allowed in the file's name",
            default: "none",
            example: r#"rules = ["/etc/suricata/rules/*.rules"]"#,
            about: "The rules of Suricata or Snort. Where a record has only a rule's number, its `msg` is the name, and \
                    pages that its `reference` names are shown.",
        },
    ],
};
