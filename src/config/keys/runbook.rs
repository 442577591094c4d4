//! The keys of `[[runbook]]`.

use super::{Key, Section};

/// `[[runbook]]`.
pub static RUNBOOK: Section = Section {
    name: "runbook",
    many: true,
    about: "A page of yours that says what to do about an alert. Its card links to it. Where several fit, the last one \
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
            name: "url",
            value: "`https://` URL of at most 500 bytes, without a password",
            default: "required",
            example: r#"url = "https://wiki.example.com/runbooks/2027250""#,
            about: "The page.",
        },
    ],
};
