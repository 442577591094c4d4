//! What this machine's own files and its operator say of an alert: hosts, assets with their owners, texts of rules,
//! runbooks. Read at the start and at each reload; then a pure lookup that asks nobody. Knows no message and no receiver.
//!
//! The texts are the operator's, not the attacker's. They are cut here and made safe where they are shown.

mod assets;
mod fault;
mod hosts;
mod lines;
mod rules;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

pub use fault::{FAULTS_MAX, Fault, Faults};
pub use rules::RuleText;

use crate::config::{Config, ContextFiles, Runbook};
use crate::event::Event;
use assets::Assets;
use hosts::Hosts;
use rules::Rules;

/// Of a text so many characters are kept.
const TEXT_CHARS_MAX: usize = 300;

/// All that the files say.
#[derive(Debug, Clone, Default)]
pub struct Context {
    hosts: Hosts,
    assets: Assets,
    rules: Rules,
    runbooks: Vec<Runbook>,
}

impl Context {
    /// All that this configuration names.
    pub fn of(config: &Config) -> (Self, Faults) {
        let (context, faults) = Self::load(&config.context);
        (Self { runbooks: config.runbooks.clone(), ..context }, faults)
    }

    /// Reads the files. What cannot be read or understood is left out and told; all else is there.
    pub fn load(files: &ContextFiles) -> (Self, Faults) {
        let mut faults = Faults::default();
        let mut context = Self::default();
        if let Some(path) = &files.hosts {
            lines::each(path, &mut faults, &mut |_, line| context.hosts.add(line));
        }
        if let Some(path) = &files.assets {
            lines::each(path, &mut faults, &mut |number, line| context.assets.add(number, line));
        }
        for path in rules::files(&files.rules, &mut faults) {
            let mut reader = rules::Reader::default();
            lines::each(&path, &mut faults, &mut |_, line| context.rules.add(&mut reader, line));
        }
        (context, faults)
    }

    /// What is known of an address: its host name, its asset, its owner. `web-1, shop, owner Team Shop`; `None` where
    /// nothing is.
    pub fn known(&self, ip: IpAddr) -> Option<String> {
        let asset = self.assets.of(ip);
        let owner =
            asset.and_then(|asset| asset.owner.as_ref()).map(|owner| format!("owner {owner}"));
        let known = [self.hosts.of(ip).cloned(), asset.map(|asset| asset.label.clone()), owner];
        let known: Vec<String> = known.into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.join(", "))
    }

    /// What is to be done about this event.
    pub fn runbook(&self, event: &Event<'_>) -> Option<&Runbook> {
        let fits = |book: &&Runbook| book.matches.iter().any(|matcher| matcher.matches(event));
        self.runbooks.iter().rev().find(fits)
    }

    /// How many addresses with a name, assets and rules there are.
    pub fn counts(&self) -> [usize; 3] {
        [self.hosts.len(), self.assets.len(), self.rules.len()]
    }

    /// What the rules' own files say of a rule. Without a generator it is that of ordinary rules, 1.
    pub fn rule(&self, generator: Option<u32>, id: &str) -> Option<&RuleText> {
        self.rules.of(generator.unwrap_or(1), id.parse().ok()?)
    }
}

/// The beginning of a text, if there is anything in it.
fn kept(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(TEXT_CHARS_MAX).collect())
}
