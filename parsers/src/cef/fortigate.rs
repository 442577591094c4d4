//! Fortinet FortiGate in CEF: the guide's keys for what it knows, and FortiOS' own keys with a prefix for all else: `FTNTFGT`
//! in FortiOS 5.6 and later, `FortinetFortiGate` in 7.4. Source: Fortinet, "FortiOS log message reference", "CEF support".

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::extension::Extension;
use crate::alert::{Alert, Text};
use crate::fortigate::{self, Said, keys};
use crate::words;

pub(super) use fortigate::Kind;

const PREFIXES: &[&str] = &["FTNTFGT", "FortinetFortiGate"];

/// Reads what the generic keys would not understand, and tells what kind of record it is.
pub(super) fn read<'a>(extension: &mut Extension<'a>, alert: &mut Alert<'a>) -> Kind {
    alert.product = Cow::Borrowed("fortigate");
    let mut said = Said::default();
    // `utm:ips`, `traffic:forward`; a third word of some releases tells no more.
    if let Some(category) = extension.get("cat") {
        let mut words = category.split(':').map(|word| Text::Owned(word.into()));
        (said.log_type, said.subtype) = (words.next(), words.next());
        extension.take("cat");
    }
    let own: Vec<_> = extension.pairs.iter_mut().filter_map(own).collect();
    keys::NAMES.take_all(own.into_iter(), alert, |key, value, _| said.take(key, value));
    if let Some(message) = extension.get("msg") {
        said.take("msg", message);
    }
    let action = extension.get("act").as_deref().map(words::verdict).unwrap_or_default();
    let function = said.function().unwrap_or_default();
    let kind = fortigate::kind(&function, alert.rule.name.is_some(), action);
    said.complete(alert);
    kind
}

fn own<'a>(pair: &mut super::extension::Pair<'a>) -> Option<(&'a str, Text<'a>)> {
    let key = PREFIXES.iter().find_map(|prefix| pair.key.strip_prefix(prefix))?;
    pair.taken = true;
    Some((key, pair.value()?))
}
