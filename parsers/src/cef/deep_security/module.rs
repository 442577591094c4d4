//! The modules of Deep Security: which one wrote an event, and what was done about it. Each has its own words for that. Knows
//! no key but those of the action. Source: help.deepsecurity.trendmicro.com, the pages of each module's events.

use super::Extension;
use crate::alert::Verdict;
use crate::{lex, words};

/// A module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Module {
    AntiMalware,
    ApplicationControl,
    DeviceControl,
    Firewall,
    IntegrityMonitoring,
    IntrusionPrevention,
    LogInspection,
    WebReputation,
}

impl Module {
    /// By the range of the event's id; where that says nothing, by LEEF's category.
    pub(super) fn of(id: &str, category: Option<&str>) -> Option<Self> {
        match lex::number::<u64>(id.as_bytes()) {
            Some(1_000_000..=1_999_999) => Some(Self::IntrusionPrevention),
            Some(20 | 21 | 100..=199) => Some(Self::Firewall),
            Some(30 | 2_000_000..=2_999_999) => Some(Self::IntegrityMonitoring),
            Some(3_000_000..=3_999_999) => Some(Self::LogInspection),
            Some(4_000_000..=4_999_999) => Some(Self::AntiMalware),
            Some(5_000_000..=5_999_999) => Some(Self::WebReputation),
            Some(6_000_000..=6_999_999) => Some(Self::ApplicationControl),
            Some(7_000_000..=7_999_999) => Some(Self::DeviceControl),
            _ => category.and_then(Self::of_category),
        }
    }

    fn of_category(category: &str) -> Option<Self> {
        Some(match category {
            "Anti-Malware" => Self::AntiMalware,
            "AppControl" | "Application Control" => Self::ApplicationControl,
            "Device Control" => Self::DeviceControl,
            "Firewall" => Self::Firewall,
            "Integrity Monitor" | "Integrity Monitoring" => Self::IntegrityMonitoring,
            "Intrusion Prevention" => Self::IntrusionPrevention,
            "Log Inspection" => Self::LogInspection,
            "Web Reputation" => Self::WebReputation,
            _ => return None,
        })
    }

    /// As the product's console has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AntiMalware => "Anti-Malware",
            Self::ApplicationControl => "Application Control",
            Self::DeviceControl => "Device Control",
            Self::Firewall => "Firewall",
            Self::IntegrityMonitoring => "Integrity Monitoring",
            Self::IntrusionPrevention => "Intrusion Prevention",
            Self::LogInspection => "Log Inspection",
            Self::WebReputation => "Web Reputation",
        }
    }
}

/// What was done. `Unknown` is for the generic table of words.
pub(super) fn verdict(module: Option<Module>, extension: &Extension<'_>) -> Verdict {
    let action = extension.get("act").unwrap_or_default();
    match module {
        // These tell what happened to a file or stood in a log: `deleted` was not our doing.
        Some(Module::IntegrityMonitoring | Module::LogInspection) => Verdict::Detected,
        // What rules could once do to a packet is only logged today.
        Some(Module::IntrusionPrevention)
            if matches!(action.as_ref(), "Insert" | "Replace" | "Delete") =>
        {
            Verdict::Detected
        }
        Some(Module::Firewall) if action.contains("Bypass") => Verdict::Detected,
        Some(Module::ApplicationControl) if action.eq_ignore_ascii_case("detectOnly") => {
            Verdict::WouldBlock
        }
        Some(Module::AntiMalware) if undone(extension) => Verdict::Detected,
        // No action of its own; the message says what was done.
        Some(Module::WebReputation) if action.is_empty() => {
            extension.get("msg").map(|message| words::verdict(&message)).unwrap_or_default()
        }
        _ => Verdict::Unknown,
    }
}

// The result of an action can say that it did not succeed.
fn undone(extension: &Extension<'_>) -> bool {
    let result = extension.get("result").unwrap_or_default().to_ascii_lowercase();
    result.contains("fail") || result.contains("unable") || result.contains("passed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_told_by_id_or_category() {
        assert_eq!(Module::of("1008445", None), Some(Module::IntrusionPrevention));
        assert_eq!(Module::of("21", None), Some(Module::Firewall));
        assert_eq!(Module::of("60", Some("AppControl")), Some(Module::ApplicationControl));
        assert_eq!(Module::of("60", None), None);
        assert_eq!(Module::of("", Some("Firewall")), Some(Module::Firewall));
        for category in ["Anti-Malware", "Firewall", "Log Inspection", "Web Reputation"] {
            assert_eq!(Module::of("", Some(category)).map(Module::name), Some(category));
        }
    }

    #[test]
    fn each_module_has_its_own_words_for_what_was_done() {
        let check = |module, extension: &str, want| {
            let extension = Extension::split(extension.as_bytes());
            assert_eq!(verdict(Some(module), &extension), want, "{module:?}");
        };
        check(Module::IntegrityMonitoring, "act=deleted", Verdict::Detected);
        check(Module::LogInspection, "", Verdict::Detected);
        check(Module::IntrusionPrevention, "act=Delete", Verdict::Detected);
        check(Module::IntrusionPrevention, "act=Reset", Verdict::Unknown);
        check(Module::AntiMalware, "act=Clean result=Clean Failed", Verdict::Detected);
        check(Module::AntiMalware, "act=Delete result=Deleted", Verdict::Unknown);
        check(Module::ApplicationControl, "act=detectOnly", Verdict::WouldBlock);
        check(Module::WebReputation, "msg=Blocked By Admin", Verdict::Blocked);
        check(Module::WebReputation, "msg=Suspicious", Verdict::Unknown);
        check(Module::Firewall, "act=Bypass", Verdict::Detected);
    }
}
