//! Text in, faults or a configuration out, through `check`; formats and kinds of the tests' own, so
//! that the words of faults do not change with every new one.

mod asked;
mod context;
mod faults;
mod formats;
mod journal;
mod loading;
mod reference;
mod secrets;

use std::path::{Path, PathBuf};
use std::time::Duration;

use ipsbell_parsers::Format;
use ipsbell_parsers::alert::{Parsed, Severity};

use super::document::File;
use super::load::read;
use super::reader::Reader;
use super::*;
use crate::destinations::{Answer, Form, Kind, SettingsError, Tells};
use crate::message::Message;

static EVE: Format = Format {
    name: "suricata-eve",
    about: "",
    example: "",
    framing: ipsbell_parsers::Framing::Line,
    also: &["drop", "anomaly"],
    claims: |_| false,
    skips: ipsbell_parsers::no_short_cut,
    parse: |_| Ok(Parsed::Other),
    parse_head: |_| Ok(Parsed::Other),
};

static CSV: Format = Format {
    name: "snort-csv",
    about: "",
    example: "",
    framing: ipsbell_parsers::Framing::Headed(ipsbell_parsers::record::Headed {
        keep: |_, _| false,
        needs: |_, _| false,
        columns: &["timestamp", "msg", "src", "dst"],
    }),
    also: &[],
    claims: |_| false,
    skips: ipsbell_parsers::no_short_cut,
    parse: |_| Ok(Parsed::Other),
    parse_head: |_| Ok(Parsed::Other),
};

static SLACK: Kind = Kind {
    name: "slack",
    about: "",
    tells: Tells::Alerts,
    example: "",
    keys: &["url", "ca_file", "proxy"],
    pace: Duration::from_millis(1_200),
    mention_allowed: |text| text == "<!here>",
    render: |_, _| Vec::new(),
    open: |settings| match &settings.url {
        Some(url) if url.reveal().starts_with("https://") => Ok(Box::new(Nowhere)),
        _ => Err(SettingsError {
            key: "url",
            wanted: "wanted a URL that begins with `https://`".to_owned(),
            hint: Some("copy it whole".to_owned()),
        }),
    },
};

static CONSOLE: Kind = Kind {
    name: "console",
    about: "",
    tells: Tells::Alerts,
    example: "",
    keys: &[],
    pace: Duration::ZERO,
    mention_allowed: |_| false,
    render: |_, _| Vec::new(),
    open: |_| Ok(Box::new(Nowhere)),
};

static HEARTBEAT: Kind = Kind {
    name: "heartbeat",
    about: "",
    tells: Tells::Wellness,
    example: "",
    keys: &["url", "ca_file", "proxy", "every"],
    pace: Duration::ZERO,
    mention_allowed: |_| false,
    render: |_, _| Vec::new(),
    open: |_| Ok(Box::new(Nowhere)),
};

struct Nowhere;

impl crate::destinations::Destination for Nowhere {
    fn render(&self, _: &Message, _: Form) -> Vec<u8> {
        Vec::new()
    }

    fn post(&mut self, _: &[u8], _: Duration) -> Answer {
        Answer::Delivered
    }

    fn reach(&mut self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}

fn environment(name: &str) -> Option<String> {
    let value = match name {
        "HOST" => "web-1",
        "HOOK" => "https://hooks.example.com/SECRET",
        "WORD" => "SECRET",
        "LINES" => "https://hooks.example.com/SECRET\nmore",
        "NOTHING" => "",
        "LONG" => return Some("SECRET".repeat(1_000)),
        _ => return None,
    };
    Some(value.to_owned())
}

fn read_with(texts: &[&str], private: bool, secrets: Secrets) -> Result<Config, Faults> {
    let file = |(number, text): (usize, &&str)| {
        let path = PathBuf::from(format!("{}.toml", ["a", "b", "c"][number]));
        File::new(path, (*text).to_owned().into(), private)
    };
    let files: Vec<File> = texts.iter().enumerate().map(file).collect();
    let reader = Reader {
        formats: &[&EVE, &CSV],
        own_formats: Vec::new(),
        kinds: &[&SLACK, &CONSOLE, &HEARTBEAT],
        environment: &environment,
        secrets,
        faults: Faults::default().into(),
    };
    read(&files, reader, "machine")
}

/// A public file.
fn parse(text: &str) -> Result<Config, Faults> {
    read_with(&[text], false, Secrets::Read)
}

/// What is shown of these files: `""` if they are well.
#[track_caller]
fn check(texts: &[&str], wanted: &str) {
    let shown =
        read_with(texts, false, Secrets::Read).err().map_or(String::new(), |f| f.to_string());
    assert_eq!(shown, wanted.trim_matches('\n'), "\nfor {texts:#?}\nshown:\n{shown}");
    assert!(!shown.contains("SECRET"), "{shown}");
}

#[test]
fn nothing_is_all_defaults() {
    let config = parse("").unwrap();
    assert_eq!(config.agent.host, "machine");
    assert_eq!(config.agent.state_dir, Path::new("/var/lib/ipsbell"));
    assert_eq!(config.agent.home_networks.len(), 4);
    assert_eq!(config.retention.max_size_bytes, 10 << 30);
    assert_eq!(config.retention.events, Some(Duration::from_secs(13 * 7 * 86_400)));
    assert!(config.retention.keep_raw);
    assert!(config.sources.is_empty() && config.destinations.is_empty());
}

#[test]
fn everything_is_read() {
    let config = parse(
        r#"
        [agent]
        host = "${HOST}"
        state_dir = "/srv/ipsbell"
        home_networks = "192.0.2.0/24"
        [[source]]
        paths = ["/var/log/a.json", "/var/log/*/b.json"]
        exclude = "*.gz"
        format = "suricata-eve"
        timezone = "Europe/Berlin"
        start_at = "beginning"
        [[destination]]
        name = "soc"
        type = "slack"
        url_env = "HOOK"
        ca_file = "/etc/ca.pem"
        proxy = "http://user:${WORD}@proxy.example.com:3128"
        min_severity = "medium"
        match = [{ category = "*trojan*" }, { severity = ["high", "critical"] }]
        unless = { source = "198.51.100.0/24", rule = 2010935, port = [22, "8000-8999"] }
        group_by = "source"
        triage = false
        repeat_every = "10m"
        pace = "2s"
        mention = { high = "<!here>", critical = "<!here>" }
        mask = false
        defang = false
        payload = false
        [[redact]]
        pattern = 'EMP-\d{6}'
        [[redact]]
        pattern = "(?i)customer-[a-z]+"
        destinations = "soc"
        [[mute]]
        rule = "2010935"
        until = 2027-01-01T00:00:00Z
        reason = "weekly scan"
        [[mute]]
        source = "198.51.100.7"
        until = "2027-01-01T01:00:00+01:00"
        reason = "scanner"
        [[severity]]
        match = { rule = "2027250" }
        set = "critical"
        [retention]
        events = "forever"
        notifications = "1 year"
        max_size = "2 GiB"
        keep_raw = false
        "#,
    )
    .unwrap();
    assert_eq!(config.agent.host, "web-1");
    assert_eq!(config.agent.home_networks[0].to_string(), "192.0.2.0/24");
    let source = &config.sources[0];
    assert_eq!(source.paths, ["/var/log/a.json", "/var/log/*/b.json"]);
    assert_eq!(source.exclude, ["*.gz"]);
    assert!(matches!(source.format, FormatChoice::Named(format) if format.name == "suricata-eve"));
    assert_eq!(source.timezone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(source.start_at, StartAt::Beginning);
    let soc = &config.destinations[0];
    assert_eq!((soc.name.as_str(), soc.kind.name), ("soc", "slack"));
    assert_eq!(soc.settings.url.as_ref().unwrap().reveal(), "https://hooks.example.com/SECRET");
    assert_eq!(soc.settings.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert!(soc.settings.proxy.as_ref().unwrap().reveal().contains("user:SECRET@"));
    assert_eq!(soc.min_severity, Severity::Medium);
    let shown = |matchers: &[Matcher]| matchers.iter().map(Matcher::to_string).collect::<Vec<_>>();
    assert_eq!(
        shown(&soc.matches),
        [r#"category = "*trojan*""#, r#"severity = ["high", "critical"]"#]
    );
    assert_eq!(
        shown(&soc.unless),
        [r#"rule = "2010935", source = "198.51.100.0/24", port = ["22", "8000-8999"]"#]
    );
    assert_eq!(soc.group_by, [GroupField::Source]);
    assert!(!soc.triage);
    assert_eq!(soc.repeat_every, Duration::from_secs(600));
    assert_eq!(soc.pace, Duration::from_secs(2));
    let here = || "<!here>".to_owned();
    assert_eq!(soc.mentions, [(Severity::High, here()), (Severity::Critical, here())]);
    assert_eq!((soc.mask, soc.defang, soc.payload), (false, false, false));
    assert_eq!(config.redactions[0].pattern.as_str(), r"EMP-\d{6}");
    assert!(config.redactions[0].holds_for("other") && config.redactions[1].holds_for("soc"));
    assert!(!config.redactions[1].holds_for("other"));
    assert_eq!(config.mutes[0].until, config.mutes[1].until);
    assert_eq!(config.mutes[0].until.unwrap().as_second(), 1_798_761_600);
    assert_eq!(config.mutes[1].reason, "scanner");
    assert_eq!(config.severities[0].set, Severity::Critical);
    assert_eq!(config.retention.events, None);
    assert_eq!(config.retention.notifications, Some(Duration::from_secs(365 * 86_400)));
    assert_eq!(config.retention.max_size_bytes, 2 << 30);
    assert!(!config.retention.keep_raw);
    assert!(!format!("{config:?}").contains("SECRET"));
}
