//! The keys of `[[destination]]`.

use super::{Key, Section};

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
            default: "`{ critical = \"unlimited\", high = 30, medium = 6, low = 2, info = 1 }`",
            example: "posts_per_hour = { high = 10, medium = 4 }",
            about: "So many posts an hour begin because of something new of this severity; what goes on \
                    counts three severities lower, what jumps does not. What is not spent is saved (an \
                    hour's posts, 12 at least) and lets new things be told at once; when it is spent, \
                    they wait and share a post.",
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
        Key {
            name: "mask",
            value: "`true` or `false`",
            default: "`true`",
            example: "mask = false",
            about: "Show `***` for what follows `password=`, `token=`, `Cookie:`, `Authorization:` and their \
                    like in texts of the log. What else must not be shown is said in [[redact]].",
        },
        Key {
            name: "defang",
            value: "`true` or `false`",
            default: "`true`",
            example: "defang = false",
            about: "Break URLs and host names of the log, `hxxp[:]//shop[.]example`, so that nobody follows them \
                    by mistake.",
        },
        Key {
            name: "payload",
            value: "`true` or `false`",
            default: "`true`",
            example: "payload = false",
            about: "Show an excerpt of the packet's data where the log has it.",
        },
    ],
};
