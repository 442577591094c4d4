//! The keys of `[[redact]]`.

use super::{Key, Section};

/// `[[redact]]`.
pub static REDACT: Section = Section {
    name: "redact",
    many: true,
    about: "What nobody shall read in a post, such as names of customers: what fits is shown as `***`. It holds for texts \
            of the log, for addresses and for the names of your machines; not for numbers, rule ids and our own words. The \
            store keeps what the log says.",
    matcher: false,
    keys: &[
        Key {
            name: "pattern",
            value: "regular expression, in the syntax of the [regex crate](https://docs.rs/regex/latest/regex/#syntax), 1 \
                    to 1,024 bytes",
            default: "required",
            example: r"pattern = 'EMP-\d{6}'",
            about: "What is masked, wherever it stands in a text as the log has it. Single quotes keep backslashes as they \
                    are. `(?i)` at its beginning makes upper and lower case the same.",
        },
        Key {
            name: "destinations",
            value: "list of names of destinations",
            default: "all",
            example: r#"destinations = ["soc"]"#,
            about: "The destinations in whose posts it is masked.",
        },
    ],
};
