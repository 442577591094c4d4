//! A ping to a service that raises an alarm when it stays away: a GET of one URL, as Healthchecks, Uptime Kuma, Better
//! Stack, Cronitor and their like take it. It says nothing but "alive"; when it is sent is `deliver`'s to decide.

use std::time::Duration;

use super::http::{Client, Response};
use super::url::{is_plain, origin};
use super::{Answer, Destination, Form, Kind, SettingsError, Tells};
use crate::config::Settings;
use crate::message::Message;
use crate::secret::Secret;

/// `type = "heartbeat"`.
pub const KIND: Kind = Kind {
    name: "heartbeat",
    about: "pings a monitoring service while the agent is well",
    tells: Tells::Wellness,
    example: r#"[[destination]]
name = "alive"
type = "heartbeat"
url_file = "/etc/ipsbell/alive.url"
every = "1m"
"#,
    keys: &["url", "ca_file", "proxy", "every"],
    pace: Duration::ZERO,
    mention_allowed: |_| false,
    // A ping has no content.
    render: |_, _| Vec::new(),
    open,
};

/// The time from one ping to the next if the user says nothing.
pub const EVERY: Duration = Duration::from_secs(60);

struct Heartbeat {
    client: Client,
    url: Secret,
}

fn open(settings: &Settings) -> Result<Box<dyn Destination>, SettingsError> {
    let fault = |found: &str| SettingsError {
        key: "url",
        wanted: format!("wanted the URL to ping, https://…, found {found}"),
        hint: Some("copy it whole from the page of the check".to_owned()),
    };
    let url = settings.url.as_ref().ok_or_else(|| fault("none"))?;
    let plain = is_plain(url.reveal()).map_err(fault)?;
    Ok(Box::new(Heartbeat { client: Client::open(settings, plain)?, url: url.clone() }))
}

impl Destination for Heartbeat {
    /// A ping has no content.
    fn render(&self, _: &Message, _: Form) -> Vec<u8> {
        Vec::new()
    }

    fn post(&mut self, _: &[u8], time_limit: Duration) -> Answer {
        match self.client.get(self.url.reveal(), time_limit) {
            Ok(response) => classify(&response),
            Err(failure) => later(failure.why),
        }
    }

    fn reach(&mut self, time_limit: Duration) -> Result<(), String> {
        let reached = self.client.reach(origin(self.url.reveal()), time_limit);
        reached.map_err(|failure| failure.why)
    }
}

/// Any 2xx is taken, except that Healthchecks answers 200 also to what it does not take (healthchecks.io/docs/http_api),
/// and says so in brackets.
fn classify(response: &Response) -> Answer {
    let body = String::from_utf8_lossy(&response.body);
    let refused = |why: String| Answer::DestinationRefused { why };
    match (response.status, body.trim()) {
        (200, "OK (not found)") => {
            refused("there is no such check: copy its URL anew from the service".to_owned())
        }
        (200, "OK (rate limited)") => later("too many pings: raise `every`".to_owned()),
        (200..=299, _) => Answer::Delivered,
        (300..=399, _) => {
            refused(format!("status {}: a redirect, which is not followed", response.status))
        }
        (408 | 425 | 429 | 500..=599, _) => later(format!("status {}", response.status)),
        (status, _) => refused(format!("status {status}: see whether the check is still there")),
    }
}

fn later(why: String) -> Answer {
    Answer::Later { after: None, maybe_delivered: false, slow_down: false, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_slack::{FakeSlack, Fault};

    fn answer(status: u16, body: &str) -> Answer {
        classify(&Response { status, body: body.into(), is_whole: true, ..Response::default() })
    }

    #[test]
    fn every_answer_has_its_meaning() {
        for (status, body) in [(200, "OK"), (200, ""), (200, r#"{"ok":true}"#), (204, "")] {
            assert_eq!(answer(status, body), Answer::Delivered, "{status} {body}");
        }
        for (status, body) in [
            (200, "OK (not found)"),
            (302, ""),
            (400, ""),
            (403, ""),
            (404, "not found"),
            (409, ""),
        ] {
            let found = answer(status, body);
            assert!(
                matches!(found, Answer::DestinationRefused { .. }),
                "{status} {body}: {found:?}"
            );
        }
        for (status, body) in [(200, "OK (rate limited)\n"), (429, ""), (500, ""), (503, "")] {
            let found = answer(status, body);
            assert!(matches!(found, Answer::Later { .. }), "{status} {body}: {found:?}");
        }
    }

    fn settings(url: &str) -> Settings {
        Settings { url: Some(Secret::new(url.to_owned())), ..Settings::default() }
    }

    #[test]
    fn a_ping_is_a_get_and_its_failures_hold_no_secret() {
        let fake = FakeSlack::start().unwrap();
        let mut heartbeat = open(&settings(&fake.url())).unwrap();
        let page = Fault::Status { code: 200, body: "OK".into(), headers: Vec::new() };
        fake.fail_next(1, &page);
        assert_eq!(heartbeat.post(&[], Duration::from_secs(5)), Answer::Delivered);
        fake.down();
        let Answer::Later { why, .. } = heartbeat.post(&[], Duration::from_secs(5)) else {
            panic!("nobody listens");
        };
        assert!(!why.contains("http") && !why.contains("services"), "{why}");
        assert!(heartbeat.reach(Duration::from_secs(5)).is_err());
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_repeated() {
        for url in ["http://ping.example.com/SECRET", "SECRET", "https://u@example.com/SECRET"] {
            let Err(error) = open(&settings(url)) else { panic!("{url}") };
            assert!(!format!("{error:?} {error}").contains("SECRET"), "{error}");
        }
        assert!(open(&Settings::default()).is_err());
    }
}
