//! The scanner beside another one (`serde_json`): what one accepts the other must, and the texts
//! must be the same.

use std::string::ToString;
use std::vec;
use std::{format, string::String, vec::Vec};

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

#[derive(Default)]
struct All(Vec<(String, String)>);

impl<'a> Members<'a> for All {
    fn member(&mut self, key: &str, value: &'a str) {
        self.0.push((key.into(), value.into()));
    }
}

// Lone surrogates and numbers that no float holds are JSON by the grammar, but not for
// `serde_json`.
fn check(document: &str) {
    let mut all = All::default();
    let ours = read(document, &mut all);
    let theirs: Result<Json, _> = serde_json::from_str(document);
    match theirs {
        Ok(Json::Object(map)) => {
            assert_eq!(ours, Ok(()), "{document}");
            for (key, value) in &all.0 {
                let value: Json = serde_json::from_str(value).unwrap();
                // A repeated key: ours are all told, theirs is the last.
                let (_, last) = all.0.iter().rev().find(|(other, _)| other == key).unwrap();
                if serde_json::from_str::<Json>(last).unwrap() == value {
                    assert_eq!(map.get(key), Some(&value), "{document}");
                }
                if let Json::String(text) = &value {
                    let raw = serde_json::to_string(text).unwrap();
                    assert_eq!(plain(&raw).unwrap_or_default(), *text);
                }
            }
            assert!(map.keys().all(|key| all.0.iter().any(|(ours, _)| ours == key)), "{document}");
        }
        Ok(_) => assert!(ours.is_err(), "{document}"),
        Err(_) => assert!(ours.is_err(), "accepted: {document}"),
    }
}

#[test]
fn documents_that_are_easy_to_get_wrong() {
    for document in [
        "{}",
        "{ }",
        " {\"a\" : 1 , \"b\":[ ]}\r\n",
        "{\"a\":1,}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "[]",
        "null",
        "",
        "{",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":-0}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":1e5}",
        "{\"a\":1e}",
        "{\"a\":1E+2}",
        "{\"a\":+1}",
        "{\"a\":tru}",
        "{\"a\":truex}",
        "{\"a\":[1,2,{\"b\":[]}]}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{\"a\":{\"b\":1]}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u00e9\\ud83d\\ude00\"}",
        "{\"a\":\"tab\there\"}",
        "{\"a\":1}x",
        "{\"\\u0061\":1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":\"12345678\\\"0\\\\\"}",
        "{\"a\":\"\u{7f}\u{e9}\"}",
        "{\"a\" \"b\"}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":[[[[[]]]]]}",
        "{\"a\":null,\"b\":false}",
        "{'a':1}",
    ] {
        check(document);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let wrong = |document| read(document, &mut All::default()).unwrap_err();
    let check = |document, at, wanted| assert_eq!(wrong(document), Reject { at, wanted });
    check("{\"a\":1", 6, "`,` or `}`");
    check("{\"a\":\"x", 7, "the closing quote");
    check("{\"a\":\"\\q\"}", 7, "a JSON escape");
    check("{\"a\":1} x", 8, "the end of the record");
    check("x", 0, "an object");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: u32| {
        let (open, close) = ("[".repeat(depth as usize), "]".repeat(depth as usize));
        read(&format!("{{\"a\":{open}1{close}}}"), &mut All::default())
    };
    assert_eq!(nested(scan::DEPTH_MAX), Ok(()));
    assert_eq!(nested(scan::DEPTH_MAX + 1).unwrap_err().wanted, "at most 128 levels of nesting");
}

#[test]
fn half_a_surrogate_pair_stays_visible() {
    assert_eq!(plain(r#""a\ud83dz""#).unwrap(), r"a\ud83dz");
    assert_eq!(plain(r#""\ude00""#).unwrap(), r"\ude00");
}

#[test]
fn lists_give_their_items() {
    assert_eq!(texts(r#"["a", 1, null, {"b":2}, "c\/d"]"#, 9), ["a", "1", "c/d"]);
    assert_eq!(texts(r#"["a","b","c"]"#, 2), ["a", "b"]);
    assert_eq!(texts(r#""single""#, 2), ["single"]);
    assert_eq!(texts("[]", 2), vec![""; 0]);
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec((".{0,6}", inner), 0..4)
                .prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn valid_documents_agree(value in json(), pretty in any::<bool>()) {
        let document = Json::Object([(String::from("k"), value)].into_iter().collect());
        check(&if pretty { format!("{document:#}") } else { document.to_string() });
    }

    #[test]
    fn bent_documents_agree(
        value in json(),
        at in any::<prop::sample::Index>(),
        with in "[\\[\\]{}\",:\\\\ 0-9a-z.-]",
    ) {
        let document = Json::Object([(String::from("k"), value)].into_iter().collect()).to_string();
        let mut characters: Vec<char> = document.chars().collect();
        let at = at.index(characters.len());
        characters[at] = with.chars().next().unwrap();
        let bent: String = characters.into_iter().collect();
        // A float out of range, half a pair: JSON by the grammar alone.
        let theirs: Result<Json, _> = serde_json::from_str(&bent);
        let excused = theirs.err().is_some_and(|e| {
            let text = e.to_string();
            ["out of range", "surrogate", "end of hex"].iter().any(|why| text.contains(why))
        });
        if !excused {
            check(&bent);
        }
    }
}
