//! How the posts of one destination are worded, as its operator chose.

use std::sync::Arc;

use regex::Regex;

use super::{Disclosure, Message, compose_with};
use crate::context::Context;
use crate::triage::Report;

/// What a destination's posts show and what they do not.
#[derive(Debug, Clone)]
pub struct Wording {
    /// [`Disclosure::mask`].
    pub mask: bool,
    /// [`Disclosure::defang`].
    pub defang: bool,
    /// [`Disclosure::payload`].
    pub payload: bool,
    /// [`Disclosure::redactions`].
    pub redactions: Vec<Regex>,
    /// [`Disclosure::context`].
    pub context: Arc<Context>,
}

impl Default for Wording {
    fn default() -> Self {
        let Disclosure { mask, defang, payload, .. } = Disclosure::default();
        Self { mask, defang, payload, redactions: Vec::new(), context: Arc::default() }
    }
}

impl Wording {
    /// Words a report ([`compose_with`]).
    pub fn compose(&self, report: &Report<'_>) -> Message {
        compose_with(report, self.disclosure())
    }

    fn disclosure(&self) -> Disclosure<'_> {
        Disclosure {
            mask: self.mask,
            defang: self.defang,
            payload: self.payload,
            redactions: &self.redactions,
            context: Some(&self.context),
        }
    }
}
