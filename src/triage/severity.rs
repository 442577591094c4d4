//! How bad an event is, after the settings have spoken. Applied once, when the event is read, so that the store, the search
//! and every destination see the same severity.

use std::net::IpAddr;

use ipnet::IpNet;
use ipsbell_parsers::alert::Severity;

use crate::config::{Config, SeverityRule};
use crate::event::Event;

/// The `[[severity]]` rules and what is known of our own networks.
#[derive(Debug, Clone)]
pub struct SeverityPolicy {
    rules: Vec<SeverityRule>,
    home_networks: Vec<IpNet>,
}

impl SeverityPolicy {
    /// The policy of this configuration.
    pub fn new(config: &Config) -> Self {
        Self::of(config.severities.clone(), config.agent.home_networks.clone())
    }

    /// These rules, seen from these networks of our own.
    pub fn of(rules: Vec<SeverityRule>, home_networks: Vec<IpNet>) -> Self {
        Self { rules, home_networks }
    }

    /// The severity that counts: by the last rule that matches, else the log's own, one step higher where a machine of
    /// ours talks out and was not stopped.
    pub fn severity(&self, event: &Event<'_>) -> Severity {
        // The last one holds, so that a file of `conf.d` can overrule an earlier one.
        let mut rules = self.rules.iter().rev();
        match rules.find(|rule| rule.matches.iter().any(|matcher| matcher.matches(event))) {
            Some(rule) => rule.set,
            None if talks_out(&self.home_networks, event) => one_step_higher(event.alert.severity),
            None => event.alert.severity,
        }
    }
}

/// Does a machine of ours talk to one that is none of ours, and was not stopped?
pub(super) fn talks_out(home_networks: &[IpNet], event: &Event<'_>) -> bool {
    let is_home = |ip: &IpAddr| home_networks.iter().any(|network| network.contains(ip));
    !event.alert.verdict.stopped()
        && event.alert.source.ip.as_ref().is_some_and(is_home)
        && event.alert.destination.ip.as_ref().is_some_and(|ip| !is_home(ip) && is_unicast(ip))
}

/// A broadcast or multicast stays on our own wire: it goes nowhere outward.
fn is_unicast(ip: &IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast() || v4.is_link_local());
    let local = matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local());
    !(ip.is_multicast() || ip.is_loopback() || ip.is_unspecified() || broadcast || local)
}

fn one_step_higher(severity: Severity) -> Severity {
    Severity::ALL.into_iter().find(|step| *step > severity).unwrap_or(severity)
}

#[cfg(test)]
mod tests {
    use ipsbell_parsers::alert::{Alert, Endpoint, Rule, Verdict};

    use super::*;
    use crate::matcher::Matcher;

    fn check(
        policy: &SeverityPolicy,
        verdict: Verdict,
        source: &str,
        destination: &str,
    ) -> Severity {
        let side = |ip: &str| Endpoint { ip: ip.parse().ok(), ..Endpoint::default() };
        let now = jiff::Timestamp::UNIX_EPOCH;
        policy.severity(&Event {
            sequence: None,
            id: crate::event::EventId(0),
            at: now,
            read_at: now,
            severity: Severity::Medium,
            direction: None,
            agent_host: "host".into(),
            format: "cef".into(),
            path: "log".into(),
            offset: 0,
            alert: Alert {
                severity: Severity::Medium,
                verdict,
                source: side(source),
                destination: side(destination),
                rule: Rule { id: Some("7".into()), ..Rule::default() },
                ..Alert::default()
            },
            raw: (&b""[..]).into(),
        })
    }

    #[test]
    fn what_talks_out_and_was_not_stopped_counts_one_step_higher() {
        let home = vec!["10.0.0.0/8".parse().unwrap()];
        let policy = SeverityPolicy::of(Vec::new(), home);
        for (verdict, source, destination, expected) in [
            (Verdict::Detected, "10.1.2.3", "203.0.113.9", Severity::High),
            (Verdict::Unknown, "10.1.2.3", "203.0.113.9", Severity::High),
            (Verdict::Blocked, "10.1.2.3", "203.0.113.9", Severity::Medium),
            (Verdict::Detected, "203.0.113.9", "10.1.2.3", Severity::Medium),
            (Verdict::Detected, "10.1.2.3", "10.9.9.9", Severity::Medium),
            (Verdict::Detected, "10.1.2.3", "255.255.255.255", Severity::Medium),
            (Verdict::Detected, "10.1.2.3", "ff02::1", Severity::Medium),
            (Verdict::Detected, "10.1.2.3", "", Severity::Medium),
        ] {
            let found = check(&policy, verdict, source, destination);
            assert_eq!(found, expected, "{verdict:?} {source} {destination}");
        }
    }

    #[test]
    fn the_last_rule_that_matches_holds() {
        let rule = |rule, set| SeverityRule {
            matches: vec![Matcher::from_pairs([("rule", rule)]).unwrap()],
            set,
        };
        let rules = vec![
            rule("7", Severity::Low),
            rule("1-9", Severity::Critical),
            rule("8", Severity::Info),
        ];
        let policy = SeverityPolicy::of(rules, Vec::new());
        let found = check(&policy, Verdict::Blocked, "203.0.113.9", "10.1.2.3");
        assert_eq!(found, Severity::Critical);
    }
}
