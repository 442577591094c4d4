//! What journalctl(1) is asked for. Pure.

use super::cursor::Cursor;
use crate::config::JournalMatch;

/// The fields that an entry is read from; the cursor and the times come always.
const FIELDS: &str = "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_COMM,_HOSTNAME,_PID,SYSLOG_PID";

/// What a run of journalctl is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The last entry that is wanted, to know where reading begins.
    Newest,
    /// All that is wanted, from the place on, to the end.
    Run,
    /// The same, and what is written from then on.
    Follow,
    /// The oldest entry of all, to know how far back the journal reaches.
    Oldest,
    /// The last entries that are wanted, at most so many, to have a look at them.
    Sample(usize),
}

/// The arguments for it. Reading begins at the entry with this cursor, which comes once more: `--after-cursor` of older
/// versions passes over the next entry if that one is gone.
pub(super) fn arguments(
    purpose: Purpose,
    wanted: &JournalMatch,
    from: Option<&Cursor>,
) -> Vec<String> {
    let mut all: Vec<String> =
        ["--output=json", "--all", "--quiet", "--no-pager", FIELDS].map(str::to_owned).into();
    all.extend(wanted.directory.as_ref().map(|directory| format!("--directory={directory}")));
    match purpose {
        Purpose::Newest => all.push("--lines=1".to_owned()),
        Purpose::Sample(lines) => all.push(format!("--lines={lines}")),
        Purpose::Follow => all.extend(["--follow", "--no-tail"].map(str::to_owned)),
        Purpose::Run | Purpose::Oldest => {}
    }
    if matches!(purpose, Purpose::Run | Purpose::Follow) {
        all.extend(from.map(|cursor| format!("--cursor={}", cursor.as_str())));
    }
    if purpose != Purpose::Oldest {
        all.extend(matches(wanted));
    }
    all
}

/// Any of the matches: those of one field are alternatives, those of different fields need a `+` between them.
fn matches(wanted: &JournalMatch) -> Vec<String> {
    let of = |field: &str, values: &[String]| -> Vec<String> {
        values.iter().map(|value| format!("{field}={value}")).collect()
    };
    let kernel = wanted.kernel.then(|| "_TRANSPORT=kernel".to_owned());
    let fields = [
        of("_SYSTEMD_UNIT", &wanted.units),
        of("SYSLOG_IDENTIFIER", &wanted.identifiers),
        kernel.into_iter().collect(),
    ];
    let given: Vec<Vec<String>> = fields.into_iter().filter(|field| !field.is_empty()).collect();
    given.join(&"+".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_match_suffices_and_no_value_is_an_option() {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let wanted = JournalMatch {
            units: texts(&["a.service", "b.service"]),
            identifiers: texts(&["--vacuum-size=1", "+"]),
            kernel: true,
            directory: Some("/var/log/journal/remote".to_owned()),
        };
        let cursor = Cursor::parse("s=1;i=2");
        let common = "--output=json --all --quiet --no-pager \
                      --output-fields=MESSAGE,SYSLOG_IDENTIFIER,_COMM,_HOSTNAME,_PID,SYSLOG_PID \
                      --directory=/var/log/journal/remote";
        let matches = "_SYSTEMD_UNIT=a.service _SYSTEMD_UNIT=b.service + \
                       SYSLOG_IDENTIFIER=--vacuum-size=1 SYSLOG_IDENTIFIER=+ + _TRANSPORT=kernel";
        for (purpose, own) in [
            (Purpose::Newest, format!("--lines=1 {matches}")),
            (Purpose::Sample(100), format!("--lines=100 {matches}")),
            (Purpose::Run, format!("--cursor=s=1;i=2 {matches}")),
            (Purpose::Follow, format!("--follow --no-tail --cursor=s=1;i=2 {matches}")),
            (Purpose::Oldest, String::new()),
        ] {
            let found = arguments(purpose, &wanted, cursor.as_ref()).join(" ");
            assert_eq!(found, format!("{common} {own}").trim_end(), "{purpose:?}");
        }
    }

    #[test]
    fn one_match_stands_alone() {
        let wanted = JournalMatch { kernel: true, ..JournalMatch::default() };
        let found = arguments(Purpose::Run, &wanted, None);
        assert_eq!(found.last().map(String::as_str), Some("_TRANSPORT=kernel"));
        assert!(!found.iter().any(|argument| argument == "+" || argument.starts_with("--cursor")));
    }
}
