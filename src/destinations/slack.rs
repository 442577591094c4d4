//! Slack's incoming webhooks (docs.slack.dev, "Sending messages using incoming webhooks"). They
//! take a JSON payload and answer `ok`; they return no id, so nothing can be edited, threaded or
//! asked about later.

mod address;
mod answer;
mod blocks;
mod escape;

#[cfg(test)]
mod posting_tests;
#[cfg(test)]
mod tests;

pub use escape::mention_allowed;

use std::time::Duration;

use super::http::Client;
use super::url::origin;
use super::{Answer, Destination, Form, Kind, SettingsError, Tells};
use crate::config::Settings;
use crate::message::Message;
use crate::secret::Secret;

/// `type = "slack"`.
pub const KIND: Kind = Kind {
    name: "slack",
    about: "posts to a Slack channel through an incoming webhook",
    tells: Tells::Alerts,
    example: r#"[[destination]]
name = "soc"
type = "slack"
url_file = "/etc/ipsbell/soc.url"
"#,
    keys: &["url", "ca_file", "proxy"],
    // Slack takes one a second for each channel; a little slower leaves room for others that post
    // there.
    pace: Duration::from_millis(1_200),
    mention_allowed,
    render: payload,
    open,
};

struct Slack {
    client: Client,
    url: Secret,
}

fn open(settings: &Settings) -> Result<Box<dyn Destination>, SettingsError> {
    let Some(url) = &settings.url else {
        return Err(SettingsError {
            key: "url",
            wanted: "wanted the incoming webhook's URL, found none".to_owned(),
            hint: Some("put it into a file and name the file: `url_file = \"…\"`".to_owned()),
        });
    };
    let plain = address::check(url.reveal())?;
    let client = Client::open(settings, plain)?;
    Ok(Box::new(Slack { client, url: url.clone() }))
}

/// The message as Slack's JSON: what this kind posts.
pub fn payload(message: &Message, form: Form) -> Vec<u8> {
    blocks::payload(message, form)
}

impl Destination for Slack {
    fn render(&self, message: &Message, form: Form) -> Vec<u8> {
        payload(message, form)
    }

    fn post(&mut self, payload: &[u8], time_limit: Duration) -> Answer {
        let url = self.url.reveal();
        match self.client.post(url, "application/json; charset=utf-8", payload, time_limit) {
            Ok(response) => answer::classify(&response, crate::clock::now()),
            Err(failure) => Answer::Later {
                after: None,
                maybe_delivered: failure.maybe_sent,
                slow_down: false,
                why: failure.why,
            },
        }
    }

    fn reach(&mut self, time_limit: Duration) -> Result<(), String> {
        self.client.reach(origin(self.url.reveal()), time_limit).map_err(|failure| failure.why)
    }
}
