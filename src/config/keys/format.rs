//! The keys of `[[format]]`.

use super::{Key, Section};

/// `[[format]]`.
pub static FORMAT: Section = Section {
    name: "format",
    many: true,
    about: "A format of your own: see [Formats of your own](#formats-of-your-own).",
    matcher: false,
    keys: &[
        Key {
            name: "name",
            value: "1 to 64 of `a-z`, `0-9`, `_`, `-`",
            default: "required",
            example: r#"name = "door""#,
            about: "The name, which `format` of a [[source]] gives. No name of a format that ipsbell \
                    has itself, and not `auto`.",
        },
        Key {
            name: "pattern",
            value: "list of regular expressions",
            default: "required",
            example: r"pattern = '(?P<action>\w+) (?P<source_ip>\S+) (?P<rule_name>.+)'",
            about: "The patterns, tried in order. Each fits a line from its first byte on, or from \
                    behind its syslog header. The groups are named like \
                    [fields](#fields-of-a-pattern).",
        },
        Key {
            name: "product",
            value: "1 to 64 of `a-z`, `0-9`, `_`",
            default: "the name, with `_` for `-`",
            example: r#"product = "door_guard""#,
            about: "The product, `event.module`. What has no field of its own stands under it.",
        },
        Key {
            name: "timestamp",
            value: "layout of a time, as strptime(3) has it",
            default: "the usual forms",
            example: r#"timestamp = "%d.%m.%Y %H:%M:%S""#,
            about: "How the group `timestamp` is written, where it is not read without: ISO 8601, \
                    `Nov 23 18:00:00`, `11/23/2026-18:00:00` and seconds since 1970 are.",
        },
        Key {
            name: "severity",
            value: "table of text and severity",
            default: "the names of severities as they are, everything else `info`",
            example: r#"severity = { "1" = "high", "2" = "medium", "*" = "low" }"#,
            about: "The severity of what the group `severity` holds, upper or lower case. `*` stands \
                    for every other text, and for none.",
        },
        Key {
            name: "verdict",
            value: "table of text and verdict",
            default: "the usual words (`drop`, `DENY`, `allowed`, `reset`, …)",
            example: r#"verdict = { shut = "blocked", "*" = "detected" }"#,
            about: "The verdict of what the group `action` holds, likewise. Verdicts: `blocked`, \
                    `reset`, `rejected`, `detected`, `would_block`, `unknown`.",
        },
        Key {
            name: "samples",
            value: "list of lines",
            default: "none",
            example: r#"samples = ["shut 192.0.2.1 forced door"]"#,
            about: "Lines that must be read, each value being what its field wants. Whoever starts \
                    ipsbell with a sample that is not read sees how far the pattern came.",
        },
        Key {
            name: "not",
            value: "list of lines",
            default: "none",
            example: r#"not = ["door opened"]"#,
            about: "Lines that must not be read.",
        },
    ],
};
