//! Fortinet FortiGate, its own form: `date=2026-03-14 time=10:50:25 devname="gate1" logid="0419016384" type="utm"
//! subtype="ips" ...`, or the same separated by commas. Which records are alerts is told here for CEF as well, where these
//! keys have a prefix. Source: Fortinet, "FortiOS log message reference", "Log types and subtypes", "Log field format".

pub(crate) mod keys;

use alloc::{borrow::Cow, boxed::Box, format};

use crate::alert::{Alert, Parsed, Reject, Severity, Stamp, Text, Verdict};
use crate::pairs::{Pairs, near_value};
use crate::{Format, Framing, ranks, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "fortigate",
    about: "FortiGate's own key=value log, also with commas",
    example: "date=2026-03-14 time=10:50:25 devname=\"gate1\" logid=\"0419016384\" type=\"utm\" \
              subtype=\"ips\" level=\"alert\" eventtime=1773485425823699000 severity=\"high\" \
              srcip=203.0.113.9 dstip=192.0.2.80 action=\"dropped\" proto=6 \
              attack=\"Example.Overflow\" srcport=40112 dstport=80 attackid=10001",
    framing: Framing::Line,
    also: &[PASSED],
    claims,
    skips,
    parse,
    parse_head: parse,
};

/// What the functions beside intrusion prevention let pass.
const PASSED: &str = "passed";

// The first keys of a record, in the order of how often they are met: FortiOS, and what FortiAnalyzer puts before it.
const FIRST: [&[u8]; 7] =
    [b"date=", b"logver=", b"itime=", b"eventtime=", b"timestamp=", b"devname=", b"devid="];

// The types that no other product of the vendor has.
const TYPES: [&[u8]; 14] = [
    b"utm",
    b"anomaly",
    b"ips",
    b"virus",
    b"webfilter",
    b"app-ctrl",
    b"emailfilter",
    b"spam",
    b"dlp",
    b"waf",
    b"voip",
    b"dns",
    b"gtp",
    b"contentlog",
];

fn claims(record: &[u8]) -> bool {
    if !FIRST.iter().any(|first| record.starts_with(first)) {
        return false;
    }
    match log_type(record) {
        // FortiDDoS and FortiWeb begin their records alike, and share these types.
        Some(b"traffic" | b"event") => {
            near_value(record, b"spp").is_none() && near_value(record, b"msg_id").is_none()
        }
        Some(found) => TYPES.contains(&found),
        None => false,
    }
}

fn log_type(record: &[u8]) -> Option<&[u8]> {
    near_value(record, b"type")
}

fn skips(record: &[u8]) -> bool {
    matches!(log_type(record), Some(b"traffic" | b"event"))
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("fortigate");
    alert.details.reserve_exact(32);
    let mut said = Said::default();
    keys::NAMES
        .take_all(Pairs::new(record).texts(), &mut alert, |key, value, _| said.take(key, value));
    let Some(function) = said.function() else {
        return Err(Reject { at: record.len(), wanted: "`type`" });
    };
    let named = alert.rule.name.is_some();
    alert.verdict = alert.action.as_deref().map(words::verdict).unwrap_or_default();
    let kind = kind(&function, named, alert.verdict);
    said.complete(&mut alert);
    Ok(match kind {
        Kind::Attack => Parsed::Alert(alert),
        Kind::Passed => Parsed::Also(PASSED, alert),
        Kind::Other => Parsed::Other,
    })
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An attack, or what another function stopped.
    Attack,
    /// Another function saw it and let it pass.
    Passed,
    /// About traffic, or about the product itself.
    Other,
}

/// What kind of record a function writes; `named` says that it names an attack or a virus.
pub(crate) fn kind(function: &str, named: bool, verdict: Verdict) -> Kind {
    match function {
        "traffic" | "event" | "contentlog" | "utm" | "" => Kind::Other,
        "ips" | "anomaly" | "waf" | "virtual-patch" => Kind::Attack,
        _ if verdict.stopped() || (named && function == "virus") => Kind::Attack,
        _ => Kind::Passed,
    }
}

/// The values that mean something only together.
#[derive(Debug, Default)]
pub(crate) struct Said<'a> {
    date: Option<Text<'a>>,
    time: Option<Text<'a>>,
    offset: Option<Text<'a>>,
    event_time: Option<Text<'a>>,
    pub(crate) log_type: Option<Text<'a>>,
    pub(crate) subtype: Option<Text<'a>>,
    event_type: Option<Text<'a>>,
    severity: Option<Text<'a>>,
    client_reputation: Option<Text<'a>>,
    level: Option<Text<'a>>,
    application: [Option<Text<'a>>; 3],
    waf: [Option<Text<'a>>; 2],
    category: Option<Text<'a>>,
    message: Option<Text<'a>>,
}

impl<'a> Said<'a> {
    /// Looks at a value; hands it back where it is also to be kept.
    pub(crate) fn take(&mut self, key: &str, value: Text<'a>) -> Option<Text<'a>> {
        let [app, app_id, app_category] = &mut self.application;
        let [waf_name, waf_id] = &mut self.waf;
        let (field, keep) = match key {
            "date" => (&mut self.date, false),
            "time" => (&mut self.time, false),
            "tz" => (&mut self.offset, false),
            "eventtime" => (&mut self.event_time, false),
            "severity" => (&mut self.severity, false),
            "type" => (&mut self.log_type, true),
            "subtype" => (&mut self.subtype, true),
            "eventtype" => (&mut self.event_type, true),
            "crlevel" => (&mut self.client_reputation, true),
            "level" | "pri" => (&mut self.level, true),
            "app" => (app, true),
            "appid" => (app_id, true),
            "appcat" => (app_category, true),
            "name" => (waf_name, true),
            "eventid" => (waf_id, true),
            "catdesc" | "dtype" => (&mut self.category, true),
            "msg" => (&mut self.message, true),
            _ => return Some(value),
        };
        if field.is_some() || text::says_nothing(&value) {
            return Some(value);
        }
        if keep {
            *field = Some(value.clone());
            return Some(value);
        }
        *field = Some(value);
        None
    }

    /// The part of the product that wrote the record: the subtype of `utm`, else the type.
    pub(crate) fn function(&self) -> Option<Text<'a>> {
        match (self.log_type.as_deref(), &self.subtype) {
            (Some("utm") | None, Some(subtype)) => Some(subtype.clone()),
            _ => self.log_type.clone(),
        }
    }

    /// Gives an alert what was said.
    pub(crate) fn complete(self, alert: &mut Alert<'a>) {
        alert.stamp = alert.stamp.or(self.stamp());
        let function = self.function();
        let [app, app_id, app_category] = self.application;
        let [waf_name, waf_id] = self.waf;
        let (name, id, category) = match function.as_deref() {
            Some("app-ctrl") => (app, app_id, app_category),
            Some("waf") => (waf_name, waf_id, None),
            _ => (None, None, self.category),
        };
        let rule = &mut alert.rule;
        rule.id = rule.id.take().or(id);
        let name = rule.name.take().or(name).or(self.message).or(self.event_type);
        rule.name = name.or_else(|| function.clone());
        rule.category = rule.category.take().or(category).or(function);
        let rank: fn(&str) -> Option<Severity> = ranks::risk;
        let said =
            [(self.severity, rank), (self.client_reputation, rank), (self.level, ranks::level)];
        if let Some((word, rank)) = said.into_iter().find_map(|(word, rank)| Some((word?, rank))) {
            alert.severity = rank(&word).unwrap_or_default();
            alert.severity_raw = Some(word);
        }
    }

    // The instant where there is one; the wall clock has an offset only in release 6 and later.
    fn stamp(&self) -> Option<Stamp> {
        if let Some(found) = self.event_time.as_deref().and_then(|t| stamp::epoch(t.as_bytes())) {
            return Some(found);
        }
        let (date, time) = (self.date.as_deref()?, self.time.as_deref()?);
        let offset = self.offset.as_deref().filter(|tz| tz.starts_with(['+', '-']));
        stamp::any(format!("{date} {time}{}", offset.unwrap_or_default()).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_decides_who_may_claim() {
        for record in [
            "date=2026-03-14 time=10:50:25 type=utm subtype=ips",
            "date=2026-03-14,time=10:50:25,type=\"traffic\",subtype=x",
            "logver=700 devid=\"FGT1\" subtype=ips type=ips x=1",
        ] {
            assert!(claims(record.as_bytes()), "{record}");
        }
        for record in [
            "date=2026-03-14 time=10:50:25",
            "date=2026-03-14 subtype=utm eventtype=utm ",
            "date=2026-03-14 type=attack x",
            "date=2026-03-14 log_id=1 msg_id=2 type=event x",
            "devid=FI1 date=2026-03-14 type=event subtype=x spp=1 ",
            "type=utm date=2026-03-14 ",
        ] {
            assert!(!claims(record.as_bytes()), "{record}");
        }
    }

    #[test]
    fn some_records_are_alerts_only_for_those_who_ask() {
        let check = |record: &str, want: &str| {
            let got = parse(record.as_bytes());
            assert!(matches!(got, Ok(Parsed::Also(kind, _)) if kind == want), "{record}");
        };
        check("date=2026-03-14 type=utm subtype=dns action=pass", PASSED);
        check("date=2026-03-14 type=utm subtype=virus eventtype=analytics action=x", PASSED);
    }
}
