//! `ipsbell test`: one marked test alert through grammar, triage, wording and receiver, and what the receiver said.

use std::io::Write as _;
use std::sync::Arc;

use clap::{Args as _, FromArgMatches as _};
use ipsbell_parsers::{Choice, Read, Reader};
use jiff::tz::TimeZone;

use super::settings::Settings;
use super::{Command, Exit, Unusable, output};
use crate::config::{Config, Destination};
use crate::context::Context;
use crate::deliver::{POST_TIME_MAX, wording};
use crate::destinations::{Answer, Form, Tells};
use crate::event::{Event, Origin};
use crate::message::{self, Card, Message, Wording};
use crate::triage::{Entry, Group, Reason, Report, Rest, Scope};
use crate::{clock, identifier};

/// `ipsbell test`.
pub(super) const COMMAND: Command = Command {
    name: "test",
    about: "Send one marked test alert, or one ping, and print the answer",
    define: Arguments::augment_args,
    run,
};

/// The alert that is sent: documentation addresses only (RFC 5737).
const RECORD: &str = r#"{"timestamp":"1970-01-01T00:00:00.000000+0000","event_type":"alert","in_iface":"test0","src_ip":"192.0.2.7","src_port":40000,"dest_ip":"198.51.100.20","dest_port":443,"proto":"TCP","alert":{"action":"blocked","gid":1,"signature_id":1000001,"rev":1,"signature":"ipsbell test alert, nothing happened","category":"Test","severity":3}}"#;

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Name of a destination; without it, all
    destination: Option<String>,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let config = arguments.settings.load()?;
    let wanted = arguments.destination.as_deref();
    let chosen: Vec<&Destination> = config
        .destinations
        .iter()
        .filter(|destination| wanted.is_none_or(|name| name == destination.name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> =
            config.destinations.iter().map(|destination| destination.name.as_str()).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let wanted = wanted.unwrap_or("any");
        return Err(Unusable(format!(
            "ipsbell: there is no destination `{wanted}`; configured: {known}"
        ))
        .into());
    }
    // What is wrong with its files is told by `ipsbell check`.
    let (context, _) = Context::of(&config);
    let context = Arc::new(context);
    let mut exit = Exit::Well;
    for destination in chosen {
        let message = test_message(&config, &wording(&config, destination, &context))?;
        let told = send(destination, &message);
        let mut out = output();
        writeln!(out, "{}: {}", destination.name, told.0)?;
        out.flush()?;
        if !told.1 {
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

fn send(destination: &Destination, message: &Message) -> (String, bool) {
    let mut receiver = match (destination.kind.open)(&destination.settings) {
        Ok(receiver) => receiver,
        Err(error) => return (format!("not sent: {error}"), false),
    };
    let payload = receiver.render(message, Form::default());
    match receiver.post(&payload, POST_TIME_MAX) {
        Answer::Delivered => match destination.kind.tells {
            Tells::Alerts => ("delivered; look for the post marked as a test".to_owned(), true),
            Tells::Wellness => ("the ping was taken".to_owned(), true),
        },
        Answer::Later { why, after, .. } => {
            let after = after.map_or_else(String::new, |after| {
                format!(" (it asks to wait {} s)", after.as_secs())
            });
            (format!("not delivered now: {why}{after}"), false)
        }
        Answer::PayloadRefused { why } | Answer::Unclear { why } => {
            (format!("the receiver refused it: {why}"), false)
        }
        Answer::DestinationRefused { why } => (format!("the receiver refuses us: {why}"), false),
    }
}

fn test_message(config: &Config, wording: &Wording) -> anyhow::Result<Message> {
    let now = clock::now();
    let Read::Alert { format, mut alert } = Reader::new(Choice::Auto).read(RECORD.as_bytes())
    else {
        anyhow::bail!(
            "the test record is not understood; this is a fault of ipsbell, please report it"
        );
    };
    alert.stamp = None;
    let origin = Origin {
        machine: 0,
        generation: 0,
        agent_host: &config.agent.host,
        path: "(test)",
        zone: &TimeZone::UTC,
        home_networks: &config.agent.home_networks,
    };
    let record = RECORD.as_bytes();
    let event = Event::new(*alert, format.name, record, record, 0, now, &origin);
    let mut group = Group::open(identifier::card(), &event, Scope::Values);
    group.add(&event);
    let alert = wording.compose(&Report {
        id: "",
        agent_host: &config.agent.host,
        now,
        entries: vec![Entry { group: &group, reason: Reason::New, events: 1, sample: Some(event) }],
        rest: Rest::default(),
        gap: None,
    });
    // The frame says what it is; the card is what an alert looks like. It is in no store, so it has no id to search.
    let mut message = message::test_message(&config.agent.host, now);
    message.cards.extend(alert.cards.into_iter().map(|card| Card { id: None, ..card }));
    Ok(message)
}
