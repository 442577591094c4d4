//! All keys: what the unknown-key check and the reference in docs/configuration.md are made from.
//! To add one, add its line here and read it in the section's file; a test fails for a key that is
//! listed and not read.

mod context;
mod destination;
mod format;
mod redact;
mod runbook;

use crate::matcher;
pub use context::CONTEXT;
pub use destination::DESTINATION;
pub use format::FORMAT;
pub use redact::REDACT;
pub use runbook::RUNBOOK;

/// A table of the configuration.
#[derive(Debug)]
pub struct Section {
    /// What users type between the brackets.
    pub name: &'static str,
    /// May there be several, `[[name]]`?
    pub many: bool,
    /// What it is for, for the reference.
    pub about: &'static str,
    /// Does it take the keys of a matcher beside its own?
    pub matcher: bool,
    /// Its own keys, in the order of the reference.
    pub keys: &'static [Key],
}

/// A key of a section.
#[derive(Debug)]
pub struct Key {
    /// What users type.
    pub name: &'static str,
    /// What its value is, a noun phrase.
    pub value: &'static str,
    /// What holds without it, in words or as a value in backticks; "required" if it must be there.
    pub default: &'static str,
    /// The line to write.
    pub example: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// All sections, in the order of the reference.
pub const SECTIONS: &[&Section] = &[
    &AGENT,
    &SOURCE,
    &FORMAT,
    &DESTINATION,
    &MUTE,
    &SEVERITY,
    &RETENTION,
    &REDACT,
    &CONTEXT,
    &RUNBOOK,
];

impl Section {
    /// The section of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SECTIONS.iter().copied().find(|section| section.name == name)
    }

    /// As users type it: `[agent]`, `[[source]]`.
    pub fn heading(&self) -> String {
        if self.many { format!("[[{}]]", self.name) } else { format!("[{}]", self.name) }
    }

    /// The names of all keys, those of the matcher included.
    pub fn key_names(&self) -> impl Iterator<Item = &'static str> {
        let of_matcher: &[matcher::Key] = if self.matcher { &matcher::Key::ALL } else { &[] };
        let own = self.keys.iter().map(|key| key.name);
        of_matcher.iter().map(|key| key.word()).chain(own)
    }
}

/// `[agent]`.
pub static AGENT: Section = Section {
    name: "agent",
    many: false,
    about: "The agent itself.",
    matcher: false,
    keys: &[
        Key {
            name: "host",
            value: "text",
            default: "the machine's name",
            example: r#"host = "web-1""#,
            about: "The name under which posts speak of this machine. At most 255 characters.",
        },
        Key {
            name: "state_dir",
            value: "absolute path",
            default: "`\"/var/lib/ipsbell\"`",
            example: r#"state_dir = "/var/lib/ipsbell""#,
            about: "The directory of the store. Only ipsbell should be able to read it.",
        },
        Key {
            name: "home_networks",
            value: "list of addresses and networks",
            default: "`[\"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"fc00::/7\"]`",
            example: r#"home_networks = ["192.0.2.0/24", "2001:db8::/32"]"#,
            about: "The networks of your own machines. Where a log does not say which way the \
                    traffic went, this decides.",
        },
        Key {
            name: "unparsed_share",
            value: "share in percent, 0% to 100%",
            default: "`\"20%\"`",
            example: r#"unparsed_share = "5%""#,
            about: "If more of a log's last 100 records are not understood, that is told, and when \
                    it is over. `\"100%\"` switches it off.",
        },
    ],
};

/// `[[source]]`.
pub static SOURCE: Section = Section {
    name: "source",
    many: true,
    about: "Log files to read, or entries of systemd's journal: either `paths` or `journal` is required.",
    matcher: false,
    keys: &[
        Key {
            name: "paths",
            value: "list of absolute paths, `*`, `?`, `[…]` and `{a,b}` allowed",
            default: "required",
            example: r#"paths = ["/var/log/suricata/eve.json"]"#,
            about: "The files. One that does not exist yet is awaited. `*` does not go beyond a \
                    `/`, `**` does. The same path may stand in one source only. Rotated files beside a \
                    log that were missed are found by themselves, also where they are compressed; the \
                    name of a compressed file is never taken for a log.",
        },
        Key {
            name: "journal",
            value: "table of `unit` and `identifier` (a text or a list of texts), `kernel` (`true`) and \
                    `directory` (absolute path)",
            default: "none",
            example: r#"journal = { unit = ["fail2ban.service"], identifier = ["portsentry"], kernel = true }"#,
            about: "Instead of files: entries of systemd's journal, those that any of `unit`, `identifier` \
                    and `kernel` fits. Any program can log under any identifier; units and the kernel cannot be \
                    forged. A unit's type may be left out, if it is `.service`. `directory` names other journal \
                    files than those of this machine. Entries are read through journalctl; the agent's user \
                    must be in the group `systemd-journal`.",
        },
        Key {
            name: "exclude",
            value: "list of patterns",
            default: "none",
            example: r#"exclude = ["*.bak"]"#,
            about: "Files that are left out although `paths` names them. A pattern without `/` is \
                    compared with the file's name, one with `/` with the whole path.",
        },
        Key {
            name: "format",
            value: "`auto` or the name of a format",
            default: "`\"auto\"`",
            example: r#"format = "auto""#,
            about: "The format of the records. `auto` tells it from each record.",
        },
        Key {
            name: "columns",
            value: "list of names of columns, `-` for one to be passed over",
            default: "the format's usual order",
            example: r#"columns = ["timestamp", "msg", "src", "dst"]"#,
            about: "The columns of each line, as they are configured in the IPS. Only with `format = \
                    \"snort-csv\"` and `format = \"snort3-csv\"`.",
        },
        Key {
            name: "also",
            value: "list of kinds of records",
            default: "none",
            example: r#"also = ["drop", "anomaly"]"#,
            about: "Records that tell of no alert, and that you want to be told of all the same. Which \
                    kinds a format knows is listed by `ipsbell formats`.",
        },
        Key {
            name: "timezone",
            value: "time zone",
            default: "the machine's",
            example: r#"timezone = "Europe/Berlin""#,
            about: "The zone of times that are written without an offset.",
        },
        Key {
            name: "start_at",
            value: "`end` or `beginning`",
            default: "`\"end\"`",
            example: r#"start_at = "beginning""#,
            about: "Where reading begins in files that are there when the source is first \
                    configured. Files that appear later are read from their beginning.",
        },
        Key {
            name: "silent_after",
            value: "duration, 1 second to 1 year",
            default: "off",
            example: r#"silent_after = "6h""#,
            about: "Nothing written to any of its files for so long is told, and when something \
                    comes again. Choose more than the longest quiet time that is usual.",
        },
    ],
};

/// `[[mute]]`.
pub static MUTE: Section = Section {
    name: "mute",
    many: true,
    about: "Alerts that are told nowhere. They are stored and counted. Takes the keys of a \
            [matcher](#matchers), at least one, and:",
    matcher: true,
    keys: &[
        Key {
            name: "until",
            value: "time with an offset",
            default: "for good",
            example: "until = 2027-01-01T00:00:00Z",
            about: "When the mute ends.",
        },
        Key {
            name: "reason",
            value: "text",
            default: "required",
            example: r#"reason = "weekly scan""#,
            about: "Why, for those who come after you.",
        },
    ],
};

/// `[[severity]]`.
pub static SEVERITY: Section = Section {
    name: "severity",
    many: true,
    about: "Gives alerts another severity than their log does. Where several fit, the last one \
            holds.",
    matcher: false,
    keys: &[
        Key {
            name: "match",
            value: "list of matchers",
            default: "required",
            example: r#"match = { rule = "2027250" }"#,
            about: "The alerts, those that fit one of these.",
        },
        Key {
            name: "set",
            value: "severity",
            default: "required",
            example: r#"set = "critical""#,
            about: "The severity that they get.",
        },
    ],
};

/// `[retention]`.
pub static RETENTION: Section = Section {
    name: "retention",
    many: false,
    about: "How much is kept. What is reached first holds.",
    matcher: false,
    keys: &[
        Key {
            name: "events",
            value: "duration, at least 1 hour, or `forever`",
            default: "`\"13 weeks\"`",
            example: r#"events = "26 weeks""#,
            about: "How long events are kept.",
        },
        Key {
            name: "notifications",
            value: "duration, at least 1 hour, or `forever`",
            default: "`\"13 weeks\"`",
            example: r#"notifications = "forever""#,
            about: "How long it is kept what was posted, and when.",
        },
        Key {
            name: "max_size",
            value: "size, at least 1 MiB",
            default: "`\"10 GiB\"`",
            example: r#"max_size = "2 GiB""#,
            about: "The most that the store may take on disk. The oldest goes first.",
        },
        Key {
            name: "keep_raw",
            value: "`true` or `false`",
            default: "`true`",
            example: "keep_raw = false",
            about: "Keep each record as it was written. Without, only what was read from it is \
                    kept.",
        },
    ],
};
