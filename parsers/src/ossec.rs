//! What the two forms of OSSEC's and Wazuh's alerts have in common: levels and groups. Sources: ossec.net, "Rules
//! Classification"; documentation.wazuh.com, "Rules classification" and "Rules".

use alloc::vec::Vec;

use crate::alert::{Alert, Severity, Text, Verdict};
use crate::words;

/// The most groups of a rule.
pub(crate) const GROUPS_MAX: usize = 64;

// Groups that name a section of a standard, `pci_dss_11.5`: no categories.
const STANDARDS: [&str; 6] = ["pci_dss_", "gdpr_", "gpg13_", "hipaa_", "nist_800_53_", "tsc_"];

/// A rule's level, 0 to 16: what has no relevance to security (0 to 3), errors of users and attacks without effect
/// (4 to 6), what may have relevance (7 to 11), important events (12 to 14), severe attacks (15 and 16).
pub(crate) const fn severity(level: u32) -> Severity {
    match level {
        0..=3 => Severity::Info,
        4..=6 => Severity::Low,
        7..=11 => Severity::Medium,
        12..=14 => Severity::High,
        _ => Severity::Critical,
    }
}

/// The groups of `syslog,sshd,authentication_failed,`.
pub(crate) fn groups(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|group| !group.is_empty()).take(GROUPS_MAX)
}

/// Takes a rule's groups: all are tags, and the last one, which says the most, is its category.
pub(crate) fn take_groups<'a>(alert: &mut Alert<'a>, groups: Vec<Text<'a>>) {
    let of_a_standard = |group: &str| STANDARDS.iter().any(|name| group.starts_with(name));
    if alert.rule.category.is_none() {
        alert.rule.category = groups.iter().rfind(|group| !of_a_standard(group)).cloned();
    }
    // OSSEC tells them twice, as one text and as a list.
    for group in groups {
        if !alert.tags.contains(&group) {
            alert.tags.push(group);
        }
    }
}

/// What follows from the fields together: the verdict and the CVE numbers of the rule's name. Without an action
/// OSSEC has only read a log, but where the rule says what its own active response did (`Host Blocked by ...`).
pub(crate) fn settle(alert: &mut Alert<'_>) {
    let name = alert.rule.name.as_deref().unwrap_or_default();
    words::cves_owned(name, &mut alert.vulnerabilities);
    let responded = alert.tags.iter().any(|group| group == "active_response");
    let word = if responded { Some(name) } else { alert.action.as_deref() };
    if alert.verdict == Verdict::Unknown {
        alert.verdict = word.map_or(Verdict::Detected, words::verdict);
    }
}
