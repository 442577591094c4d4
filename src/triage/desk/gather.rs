//! One scanner that trips three hundred rules is one card: groups of which nothing was told yet, and all of whose events
//! are of one source, become that source's.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Desk;
use crate::triage::Group;
use crate::triage::group::Scope;
use crate::triage::policy::source_key;

/// So many new rules of one source are told as his.
const GATHERED_RULES_MIN: usize = 6;

impl Desk {
    /// Gathers the new groups of each source that has many.
    pub(super) fn gather(&mut self) {
        if !self.policy.gathers() {
            return;
        }
        let mut by_source: BTreeMap<IpAddr, Vec<String>> = BTreeMap::new();
        for (key, group) in &self.groups {
            if let Some(source) = only_source(group) {
                by_source.entry(source).or_default().push(key.clone());
            }
        }
        for (source, keys) in by_source {
            if keys.len() >= GATHERED_RULES_MIN || self.gathered.contains(&source) {
                self.gather_of(source, keys);
            }
        }
    }

    fn gather_of(&mut self, source: IpAddr, keys: Vec<String>) {
        for key in keys {
            let Some(group) = self.close(&key) else { continue };
            let whole = source_key(source);
            match self.groups.get_mut(&whole) {
                Some(gathered) => gathered.join(group),
                None => {
                    self.gathered.insert(source);
                    self.groups.insert(whole.clone(), group.into_gathered(source));
                }
            }
            self.closed.remove(&whole);
            self.changed.insert(whole);
        }
    }
}

/// The source of a group of which nothing was told, if it has only one.
fn only_source(group: &Group) -> Option<IpAddr> {
    if group.posts > 0 || group.scope != Scope::Values || group.sources.count() != (1, false) {
        return None;
    }
    group.sources.first()
}
