//! The webhook's URL. It is the credential: no text here repeats any part of it.

use ureq::http::Uri;

use crate::destinations::SettingsError;
use crate::destinations::url::is_loopback;

/// Slack, and Slack for the government of the United States.
const HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// Checks the URL; is it plain `http` to loopback?
///
/// Wanted is `https://hooks.slack.com/services/T…/B…/SECRET`. A host that is not Slack's is
/// refused: a slip of the pen would tell a stranger what attacks this machine. Loopback may have
/// any path and may be plain `http`; it is where a relay for another receiver, or a test, listens.
pub(super) fn check(url: &str) -> Result<bool, SettingsError> {
    let fault = |found: &str, hint: &str| SettingsError {
        key: "url",
        wanted: format!(
            "wanted a webhook's URL, https://hooks.slack.com/services/T…/B…/…, found {found}"
        ),
        hint: Some(hint.to_owned()),
    };
    let copy = "copy it whole from the app's page \"Incoming Webhooks\"";
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(fault("blanks or line ends within it", copy));
    }
    let uri: Uri = url.parse().map_err(|_| fault("text that is no URL", copy))?;
    let Some(authority) = uri.authority() else {
        return Err(fault("no host", copy));
    };
    if authority.as_str().contains('@') || uri.query().is_some() || url.contains('#') {
        return Err(fault("a user, a query or a fragment in it", copy));
    }
    let host = authority.host().to_ascii_lowercase();
    match (uri.scheme_str(), is_loopback(&host)) {
        (Some("http"), true) => return Ok(true),
        (Some("https"), true) => return Ok(false),
        (Some("https"), false) => {}
        (Some("http"), false) => {
            return Err(fault("http", "write https: the URL is a secret, and http shows it"));
        }
        _ => return Err(fault("another scheme", copy)),
    }
    if !HOSTS.contains(&host.as_str()) || authority.port_u16().is_some_and(|port| port != 443) {
        let hint =
            "Slack's are hooks.slack.com and hooks.slack-gov.com; a relay may be on loopback";
        return Err(fault("another host or port", hint));
    }
    check_path(uri.path()).map_err(|(found, hint)| fault(found, hint))?;
    Ok(false)
}

fn check_path(path: &str) -> Result<(), (&'static str, &'static str)> {
    let upper = |part: &str| part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", "services", team, bot, secret]
            if team.starts_with('T')
                && bot.starts_with('B')
                && upper(team)
                && upper(bot)
                && !secret.is_empty()
                && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            Ok(())
        }
        ["", "triggers" | "workflows", ..] => Err((
            "a Workflow Builder URL",
            "make an incoming webhook: a workflow takes no cards and ten posts a minute",
        )),
        _ => Err(("another path", "it has three parts behind /services/: T…, B… and the secret")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "fakefakefakefakefakefake";

    fn check_url(shape: &str, wanted: Result<bool, &str>) {
        let url = shape.replace("SECRET", SECRET);
        match (check(&url), wanted) {
            (Ok(plain), Ok(wanted)) => assert_eq!(plain, wanted, "for {shape}"),
            (Err(error), Err(found)) => {
                assert!(error.wanted.ends_with(found), "for {shape}: {}", error.wanted);
                let told = format!("{error} {error:?}");
                assert!(!told.contains(SECRET) && !told.contains("T0FAKE"), "{told}");
            }
            (found, wanted) => panic!("for {shape}: {found:?}, not {wanted:?}"),
        }
    }

    #[test]
    fn urls_are_checked_without_being_shown() {
        let table = [
            ("https://hooks.slack.com/services/T0FAKE/B0FAKE/SECRET", Ok(false)),
            ("https://hooks.slack-gov.com/services/T0FAKE/B0FAKE/SECRET", Ok(false)),
            ("https://hooks.slack.com:443/services/T0FAKE/B0FAKE/SECRET", Ok(false)),
            ("http://127.0.0.1:8080/services/T0FAKE/B0FAKE/SECRET", Ok(true)),
            ("http://[::1]:8080/relay", Ok(true)),
            ("http://localhost/relay/SECRET", Ok(true)),
            ("https://127.0.0.1/relay", Ok(false)),
            ("http://hooks.slack.com/services/T0FAKE/B0FAKE/SECRET", Err("http")),
            ("http://127.0.0.1.example/services/T0FAKE/B0FAKE/SECRET", Err("http")),
            ("ftp://hooks.slack.com/services/T0FAKE/B0FAKE/SECRET", Err("another scheme")),
            (
                "https://hooks.slack.com.example/services/T0FAKE/B0FAKE/SECRET",
                Err("another host or port"),
            ),
            (
                "https://hooks.slack.com:8443/services/T0FAKE/B0FAKE/SECRET",
                Err("another host or port"),
            ),
            (
                "https://u@hooks.slack.com/services/T0FAKE/B0FAKE/SECRET",
                Err("a user, a query or a fragment in it"),
            ),
            (
                "https://hooks.slack.com/services/T0FAKE/B0FAKE/SECRET?x=1",
                Err("a user, a query or a fragment in it"),
            ),
            (
                "https://hooks.slack.com/services/T0FAKE/B0FAKE/SECRET#x",
                Err("a user, a query or a fragment in it"),
            ),
            ("https://hooks.slack.com/services/T0FAKE/B0FAKE/", Err("another path")),
            ("https://hooks.slack.com/services/T0FAKE/SECRET", Err("another path")),
            ("https://hooks.slack.com/services/t0/B0FAKE/SECRET", Err("another path")),
            ("https://hooks.slack.com/services/T0FAKE/B0FAKE/SECRET/", Err("another path")),
            ("https://hooks.slack.com/triggers/T0FAKE/1/SECRET", Err("a Workflow Builder URL")),
            (
                "https://hooks.slack.com/services/T0FAKE/B0FAKE/SECRET\n",
                Err("blanks or line ends within it"),
            ),
            ("SECRET", Err("another scheme")),
            ("/services/T0FAKE/B0FAKE/SECRET", Err("no host")),
            ("", Err("text that is no URL")),
        ];
        for (shape, wanted) in table {
            check_url(shape, wanted);
        }
    }
}
