//! All keys: what the unknown-key check and the reference in docs/configuration.md are made from.
//! To add one, add its line here and read it in the section's file; a test fails for a key that is
//! listed and not read.

use crate::matcher;

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
pub const SECTIONS: &[&Section] = &[&AGENT, &SOURCE, &DESTINATION, &MUTE, &SEVERITY, &RETENTION];

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
    ],
};

/// `[[source]]`.
pub static SOURCE: Section = Section {
    name: "source",
    many: true,
    about: "Log files to read.",
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

/// `[[destination]]`.
pub static DESTINATION: Section = Section {
    name: "destination",
    many: true,
    about: "Where alerts are told. Which of the keys `url`, `ca_file`, `proxy` and `every` a \
            destination takes depends on its `type`. A `heartbeat` tells no alerts, so it takes \
            none of those from `min_severity` on. A key that is not taken is an error.",
    matcher: false,
    keys: &[
        Key {
            name: "name",
            value: "1 to 64 of `a-z`, `0-9`, `_`, `-`",
            default: "required",
            example: r#"name = "soc""#,
            about: "The name, each only once. The store keeps by it what was told: a new name is a \
                    new destination.",
        },
        Key {
            name: "type",
            value: "a kind of destination",
            default: "required",
            example: r#"type = "slack""#,
            about: "What kind of receiver it is.",
        },
        Key {
            name: "url_file",
            value: "absolute path",
            default: "one of the four is required",
            example: r#"url_file = "/etc/ipsbell/soc.url""#,
            about: "A file that holds the URL and nothing else. Others than its owner and group \
                    must have no access to it.",
        },
        Key {
            name: "credential",
            value: "name of a systemd credential",
            default: "one of the four is required",
            example: r#"credential = "soc-url""#,
            about: "The URL is in a credential that systemd hands to the service \
                    (`LoadCredential=` in the unit).",
        },
        Key {
            name: "url_env",
            value: "name of an environment variable",
            default: "one of the four is required",
            example: r#"url_env = "SOC_URL""#,
            about: "The URL is in the environment.",
        },
        Key {
            name: "url",
            value: "URL",
            default: "one of the four is required",
            example: r#"url = "https://hooks.slack.com/services/…""#,
            about: "The URL itself. Allowed only if others than the owner and group of this file \
                    cannot read it.",
        },
        Key {
            name: "ca_file",
            value: "absolute path",
            default: "none",
            example: r#"ca_file = "/etc/ipsbell/proxy-ca.pem""#,
            about: "Certificates (PEM) that are trusted beside the system's.",
        },
        Key {
            name: "proxy",
            value: "`http://HOST:PORT` or `socks5://HOST:PORT`",
            default: "none",
            example: r#"proxy = "http://proxy.example.com:3128""#,
            about: "The proxy through which the receiver is reached, perhaps with \
                    `USER:PASSWORD@` before the host. A password may stand here only if others \
                    cannot read this file; otherwise write `${NAME}` for it.",
        },
        Key {
            name: "every",
            value: "duration, 1 second to 1 day",
            default: "`heartbeat`: 1 minute",
            example: r#"every = "1m""#,
            about: "The time from one ping of a `heartbeat` to the next.",
        },
        Key {
            name: "min_severity",
            value: "severity",
            default: "`\"info\"`",
            example: r#"min_severity = "medium""#,
            about: "Alerts below it are not told here.",
        },
        Key {
            name: "match",
            value: "list of matchers",
            default: "everything",
            example: r#"match = [{ category = "*trojan*" }, { severity = "high" }]"#,
            about: "Only alerts that fit one of these are told here.",
        },
        Key {
            name: "unless",
            value: "list of matchers",
            default: "nothing",
            example: r#"unless = [{ source = "192.0.2.0/24", rule = "2210000-2210099" }]"#,
            about: "Alerts that fit one of these are not told here.",
        },
        Key {
            name: "group_by",
            value: "list of `rule`, `verdict`, `severity`, `source`, `destination`, `category`, \
                    `format`",
            default: "`[\"rule\", \"verdict\"]`",
            example: r#"group_by = ["rule", "verdict"]"#,
            about: "Alerts that have all of these in common are told together.",
        },
        Key {
            name: "triage",
            value: "`true` or `false`",
            default: "`true`",
            example: "triage = false",
            about: "`true` groups alerts and counts repetitions; `false` posts every alert.",
        },
        Key {
            name: "repeat_every",
            value: "duration, 1 second to 4 weeks",
            default: "`\"5m\"`",
            example: r#"repeat_every = "5m""#,
            about: "A group that goes on is told again at most so often, with exact counts.",
        },
        Key {
            name: "posts_per_hour",
            value: "table of severity and posts (1 to 3600, or `unlimited`)",
            default: "`{ high = 30, medium = 6, low = 2, info = 1 }`, critical `unlimited`",
            example: "posts_per_hour = { high = 10, medium = 4 }",
            about: "So many posts an hour begin because of something new of this severity; what goes on counts three \
                    severities lower, what jumps does not. What is not spent is saved (an hour's posts, 12 at least) and lets new things be \
                    told at once; when it is spent, they wait and share a post.",
        },
        Key {
            name: "pace",
            value: "duration, 1 millisecond to 1 hour",
            default: "by type",
            example: r#"pace = "1.2s""#,
            about: "The least time between two posts.",
        },
        Key {
            name: "mention",
            value: "table of severity and mention",
            default: "none",
            example: r#"mention = { critical = "<!here>" }"#,
            about: "Who is called when a post tells of a new group of this severity, but not within \
                    ten minutes of a call for something as bad. Nothing else makes a mention.",
        },
        Key {
            name: "notices",
            value: "`true` or `false`",
            default: "`true`",
            example: "notices = false",
            about: "Is trouble of the agent itself told here: a log that cannot be read, another \
                    destination that is down, a disk that is nearly full? What concerns this \
                    destination (an outage, alerts that expired) is told here in any case.",
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
