//! Formats that users define, through the reader into the store and back.

use std::sync::Arc;

use super::*;
use crate::event::Event;
use crate::grammar::{Definition, OwnFormat, Pattern};

fn door() -> Arc<OwnFormat> {
    let pattern = r"door: (?P<action>\w+) (?P<source_ip>\S+) (?P<x_gate>\w+)";
    Arc::new(OwnFormat::new(Definition {
        name: "door".to_owned(),
        product: "door".to_owned(),
        patterns: vec![Pattern::parse(pattern).unwrap()],
        layout: None,
        severities: Default::default(),
        verdicts: Default::default(),
        samples: Vec::new(),
    }))
}

fn stored(rig: &Rig) -> Vec<Event<'static>> {
    let mut found = Vec::new();
    let query = Query { since: None, limit: usize::MAX };
    let take = &mut |event: &Event<'_>| found.push(event.clone().into_owned());
    rig.view().search(&query, None, &|_| true, take, &mut || {}).unwrap();
    found.reverse();
    found
}

const RECORD: &str = "door: DENY 192.0.2.1 north";

#[test]
fn what_a_user_defined_is_stored_as_it_was_read_and_needs_no_definition_later() {
    for keep_raw in [true, false] {
        let mut rig = Rig::new(FormatChoice::Own(door()));
        rig.config.retention.keep_raw = keep_raw;
        rig.append(format!("{RECORD}\ndoor: DENY\n"));
        rig.read_all();
        // Nothing that reads the store knows the configuration.
        let events = stored(&rig);
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((event.format.as_ref(), event.alert.product.as_ref()), ("door", "door"));
        assert_eq!(event.alert.action.as_deref(), Some("DENY"));
        let gate = ipsbell_parsers::alert::Value::Text("north".into());
        assert_eq!(event.alert.detail("door.gate"), Some(&gate));
        let raw = if keep_raw { RECORD.as_bytes() } else { b"" };
        assert_eq!(event.raw.as_ref(), raw);
        assert_eq!(rig.wanted(), ["` `"]);
        let directory = &rig.config.agent.state_dir;
        let verified = crate::store::verify(directory, &mut |_, _| {}).unwrap();
        assert!(verified.differences.is_empty(), "{:?}", verified.differences);
    }
}

#[test]
fn in_a_mixed_log_lines_that_nobody_claims_are_tried() {
    let mut rig = Rig::new(FormatChoice::Auto);
    rig.config.formats = Arc::from([door()]);
    let fast = ipsbell_parsers::format("suricata-fast").unwrap().example;
    rig.append(format!(
        "{fast}\n<13>Mar 14 10:50:25 gate-1 {RECORD}\n<13>Mar 14 10:50:25 a b: c\n"
    ));
    rig.read_all();
    let formats: Vec<String> = stored(&rig).iter().map(|event| event.format.to_string()).collect();
    assert_eq!(formats, ["suricata-fast", "door"]);
    let counts = rig.counts();
    assert_eq!((counts.events, counts.others, counts.rejects), (2, 1, 0));
}
