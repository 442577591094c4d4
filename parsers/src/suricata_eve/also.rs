//! Records of Suricata that are alerts only for those who ask: packets that were dropped, and anomalies of the traffic's
//! form. Source: docs.suricata.io, "Eve JSON Format", "Event type: Drop", "Event type: Anomaly".

use alloc::borrow::Cow;

use super::sections::{first, keep, unknown};
use super::{ANOMALY, DROP};
use crate::alert::{Alert, Severity, Text, Verdict};
use crate::json::{self, Members};

/// What `drop` or `anomaly` say.
#[derive(Default)]
pub(super) struct Also<'a> {
    /// Why a packet was dropped: `rules`, `flow drop`, `stream error`.
    reason: Option<Text<'a>>,
    /// `decode`, `stream` or `applayer`.
    kind: Option<Text<'a>>,
    /// What was out of form: `stream.pkt_invalid_ack`.
    event: Option<Text<'a>>,
    /// The number that stands for an event without a name.
    code: Option<Text<'a>>,
}

/// One of the two sections.
pub(super) struct Section<'b, 'a> {
    pub(super) also: &'b mut Also<'a>,
    pub(super) alert: &'b mut Alert<'a>,
    pub(super) key: &'b str,
    pub(super) whole: bool,
}

impl<'a> Members<'a> for Section<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let is_drop = self.key == DROP;
        match key {
            "reason" if is_drop => first(&mut self.also.reason, json::plain(value)),
            "type" if !is_drop => first(&mut self.also.kind, json::plain(value)),
            "event" if !is_drop => first(&mut self.also.event, json::plain(value)),
            "code" if !is_drop => first(&mut self.also.code, json::plain(value)),
            "len" if is_drop && self.whole => keep(self.alert, "ipsbell.packet_size", value),
            _ if self.whole => {
                unknown(self.alert, if is_drop { "drop." } else { "anomaly." }, key, value);
            }
            _ => {}
        }
    }
}

/// What a record of this kind means. The rule that dropped a packet is told where Suricata was configured to write it.
pub(super) fn settle<'a>(kind: &str, also: Also<'a>, alert: &mut Alert<'a>) {
    let rule = &mut alert.rule;
    if kind == ANOMALY {
        let event = also.event.or(also.code.map(|code| Cow::Owned(alloc::format!("code {code}"))));
        first(&mut rule.name, event);
        first(&mut rule.category, also.kind);
        alert.verdict = Verdict::Detected;
        return;
    }
    if rule.name.is_none() {
        let reason = also.reason.as_deref().unwrap_or(DROP);
        rule.name = Some(Cow::Owned(alloc::format!("Dropped packet: {reason}")));
    }
    first(&mut rule.category, also.reason);
    first(&mut alert.action, Some(Cow::Borrowed(DROP)));
    alert.verdict = Verdict::Blocked;
    alert.severity = alert.severity.max(Severity::Low);
}
