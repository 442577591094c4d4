//! F5's application firewall (ASM, Advanced WAF): the user agent stands only in the request that
//! the product quotes. Source: techdocs.f5.com, "Setting up application security logging", storage
//! format ArcSight.

use alloc::borrow::Cow;

use super::extension::Extension;
use crate::alert::{Alert, Value};

/// Reads the quoted request, if the record has one and nobody else told the user agent.
pub(super) fn read<'a>(extension: &Extension<'a>, alert: &mut Alert<'a>) {
    if alert.product != "f5_asm" || alert.detail("user_agent.original").is_some() {
        return;
    }
    let quoted = ["cs3", "cs1", "cs2", "cs4", "cs5", "cs6"]
        .into_iter()
        .find(|key| extension.label(key).as_deref() == Some("full_request"));
    let Some(request) = quoted.and_then(|key| extension.get(key)) else { return };
    // The head only: a body is the attacker's to fill with anything.
    let head = request.split("\r\n\r\n").next().unwrap_or_default();
    let header = head.split('\n').map(str::trim_end).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("user-agent").then(|| value.trim())
    });
    if let Some(agent) = header {
        alert.note("user_agent.original", Value::Text(Cow::Owned(agent.into())));
    }
}
