//! ipsbell tells a Slack channel what this machine's intrusion prevention system (IPS) catches.
//!
//! The way of the data is the order of the modules: `tail` gives bytes since a position, the grammars of
//! `ipsbell_parsers` give alerts, `ingest` commits them with the position, `store` keeps them, `triage` decides what is
//! told, `message` words it, `destinations` put it into a receiver's form, `deliver` sends it.
//! docs/ARCHITECTURE.md says who may know whom.

pub mod clock;
pub mod guard;
pub mod identifier;
pub mod secret;
pub mod signal;
pub mod wanted;

pub mod config;
pub mod event;
pub mod grammar;
pub mod matcher;
pub mod stamp;

pub mod tail;

pub mod journal;

pub mod ingest;

pub mod store;

pub mod triage;

pub mod context;
pub mod message;

pub mod preview;

pub mod destinations;
pub mod health;
pub mod trouble;

pub mod deliver;
pub mod watchdog;

pub mod agent;
pub mod cli;
pub mod fake_slack;
