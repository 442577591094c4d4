//! What becomes of a message, also where a client has written into it.

use super::*;

#[track_caller]
fn check(
    text: &str,
    action: Option<&str>,
    verdict: Verdict,
    way: Option<&str>,
    reason: Option<&str>,
) {
    let (message, _) = Message::read(text);
    let got = (
        message.action.as_deref(),
        message.verdict,
        message.way.as_deref(),
        message.reason.as_deref(),
    );
    assert_eq!(got, (action, verdict, way, reason), "{text}");
}

#[test]
fn a_sentence_comes_apart() {
    let denied = Some("Access denied");
    let coded = Some("Access denied with code 403");
    check(
        "Access denied with code 403 (phase 2). Why. [id \"5\"]",
        coded,
        Verdict::Blocked,
        None,
        Some("Why."),
    );
    check(
        "Access denied with code 403 (phase2). Why [id \"5\"]",
        coded,
        Verdict::Blocked,
        None,
        Some("Why"),
    );
    check("Access denied with code 403. Why", coded, Verdict::Blocked, None, Some("Why"));
    check(
        "Access denied with code 403, [Rule: 'A' 'b'] [id \"5\"]",
        coded,
        Verdict::Blocked,
        None,
        Some("[Rule: 'A' 'b']"),
    );
    check("Access denied (phase 1). Why [id \"5\"]", denied, Verdict::Blocked, None, Some("Why"));
    let close = Some("with connection close");
    check(
        "Access denied with connection close (phase 1). Why",
        denied,
        Verdict::Reset,
        close,
        Some("Why"),
    );
    let way = Some("with redirection to http://a.example.com/ using status 302");
    check(
        "Access denied with redirection to http://a.example.com/ using status 302 (phase 2). Why",
        denied,
        Verdict::Blocked,
        way,
        Some("Why"),
    );
    check(
        "Access denied with code %d (phase 2). Why",
        denied,
        Verdict::Blocked,
        Some("with code %d"),
        Some("Why"),
    );
    check("Warning. Why", Some("Warning"), Verdict::Detected, None, Some("Why"));
    check(
        "Access to phase allowed (phase 1). Why",
        Some("Access to phase allowed"),
        Verdict::Detected,
        None,
        Some("Why"),
    );
    check("Warnings are off", None, Verdict::Unknown, None, Some("Warnings are off"));
    check("[id \"5\"] - Execution error", None, Verdict::Unknown, None, Some("Execution error"));
    check("", None, Verdict::Unknown, None, None);
}

#[test]
fn the_sentence_may_stand_behind_tags() {
    let (message, rest) = Message::read(
        r#" [file "a"] [id "5"] Access denied with code 403 (phase 2). Why "[x]". [uri "/"] [unique_id "u"] "#,
    );
    assert_eq!(message.action.as_deref(), Some("Access denied with code 403"));
    assert_eq!(message.reason.as_deref(), Some(r#"Why "[x]"."#));
    assert_eq!((message.phase, rest), (Some(2), " "));
    let (message, _) = Message::read(r#"[id "5"] [severity "ERROR"] Warning. Pattern mat"#);
    assert_eq!((message.action.as_deref(), message.cut), (Some("Warning"), false));
}

#[test]
fn what_a_client_wrote_names_no_rule() {
    let rule = r#"[file "/r.conf"] [line "1"] [id "942100"] [rev ""] [msg "real"] [data ""] [severity "2"]"#;
    for value in [
        "[id \"1\"] [severity \"7\"]",
        "x' ) [file \"a\"] [line \"1\"] [id \"1\"] [msg \"fake\"]",
        "' ) [file \"a\"] [line \"1\"] [id \"1\"] [rev \"",
    ] {
        let text = std::format!(
            "Warning. Matched \"Operator `Rx' with parameter `x' against variable `ARGS:a' (Value: `{value}' ) {rule}"
        );
        let (message, _) = Message::read(&text);
        assert_eq!(message.value(Key::Id).map(AsRef::as_ref), Some("942100"), "{value}");
        assert_eq!(message.value(Key::Msg).map(AsRef::as_ref), Some("real"), "{value}");
        assert_eq!(message.value(Key::Severity).map(AsRef::as_ref), Some("2"), "{value}");
    }
    // Behind the request's id the web server writes what the client asked for.
    let (message, rest) =
        Message::read(r#"Warning. [id "5"] [unique_id "u"] [ref "r"], request: "GET /[tag "x"]""#);
    assert_eq!(message.tags.len(), 0);
    assert_eq!(rest, r#", request: "GET /[tag "x"]""#);
    let escaped = r#"Warning. at ARGS:[id \"1\"]. [id "5"] [msg "a \"] [severity \"DEBUG\"] b"] [severity "ALERT"]"#;
    let (message, _) = Message::read(escaped);
    assert_eq!(message.value(Key::Id).map(AsRef::as_ref), Some("5"));
    assert_eq!(message.value(Key::Severity).map(AsRef::as_ref), Some("ALERT"));
}

#[test]
fn of_a_cut_tag_only_prose_is_taken() {
    let (message, _) = Message::read(r#"Warning. [msg "Path Trav"#);
    assert_eq!(
        (message.value(Key::Msg).map(AsRef::as_ref), message.cut),
        (Some("Path Trav"), true)
    );
    let (message, _) = Message::read(r#"Warning. [id "9491"#);
    assert_eq!((message.value(Key::Id), message.cut), (None, true));
    let (message, _) =
        Message::read("Warning. Matched \"Operator `Rx' (Value: `[id \"1\"] [severity \"7\"]");
    assert_eq!(message.value(Key::Id), None);
}

#[test]
fn tags_are_bounded() {
    let text = "[tag \"x\"]".repeat(TAGS_MAX * 2);
    assert_eq!(Message::read(&text).0.tags.len(), TAGS_MAX);
}
