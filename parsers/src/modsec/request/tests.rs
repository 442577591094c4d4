//! What a request is called, and what became of it.

use super::*;

fn request(messages: &[&'static str]) -> Request<'static> {
    let mut request = Request::default();
    for text in messages {
        request.push(Message::read(text).0);
    }
    request
}

fn alert(request: Request<'static>) -> Alert<'static> {
    let mut alert = Alert::default();
    request.describe(&mut alert);
    alert
}

#[test]
fn the_worst_rule_names_a_request() {
    let check = |messages: &[&'static str], id: &str, severity: Severity| {
        let alert = alert(request(messages));
        assert_eq!(
            (alert.rule.id.as_deref(), alert.severity),
            (Some(id), severity),
            "{messages:?}"
        );
    };
    let sum = r#"Access denied with code 403 (phase 2). [id "949110"] [severity "CRITICAL"]"#;
    let (low, high) =
        (r#"Warning. [id "1"] [severity "NOTICE"]"#, r#"Warning. [id "2"] [severity "ERROR"]"#);
    let silent = r#"Access denied with code 403 (phase 2). [id "3"]"#;
    check(&[low, high], "2", Severity::High);
    check(&[low, low], "1", Severity::Low);
    check(&[low, sum], "1", Severity::Low);
    check(&[sum], "949110", Severity::Critical);
    check(&[high, silent], "3", Severity::High);
    check(&[silent], "3", Severity::Medium);
}

#[test]
fn what_became_of_a_request() {
    let check = |messages: &[&'static str], engine, intercepted, want: Verdict| {
        let request = Request { engine, intercepted, ..request(messages) };
        assert_eq!(alert(request).verdict, want, "{messages:?} {engine:?} {intercepted:?}");
    };
    let (warning, denied) = ("Warning. [id \"1\"]", "Access denied (phase 1). [id \"1\"]");
    let (over, quiet) = ("Warning. [id \"949110\"]", "[id \"1\"]");
    let quiet_over = "[id \"949110\"]";
    check(&[warning], Engine::On, None, Verdict::Detected);
    check(&[warning, denied], Engine::On, None, Verdict::Blocked);
    check(&[warning], Engine::On, Some(true), Verdict::Blocked);
    check(&[warning], Engine::DetectionOnly, None, Verdict::Detected);
    check(&[warning, over], Engine::DetectionOnly, None, Verdict::WouldBlock);
    check(&[over], Engine::Unknown, None, Verdict::WouldBlock);
    check(&[quiet], Engine::On, None, Verdict::Unknown);
    check(&[quiet], Engine::On, Some(false), Verdict::Detected);
    check(&[quiet], Engine::DetectionOnly, None, Verdict::Detected);
    check(&[quiet, quiet_over], Engine::On, None, Verdict::Blocked);
    check(&[quiet, quiet_over], Engine::On, Some(false), Verdict::Detected);
    check(&[quiet, quiet_over], Engine::DetectionOnly, None, Verdict::WouldBlock);
}

#[test]
fn messages_are_bounded_and_counted() {
    let many = alert(request(&["Warning. [id \"1\"]"; MESSAGES_MAX + 9]));
    let want = i64::try_from(MESSAGES_MAX + 9).unwrap();
    assert_eq!(many.detail("modsecurity.messages"), Some(&Value::Integer(want)));
    let Some(Value::List(others)) = many.detail("modsecurity.other_rules") else { panic!("none") };
    assert_eq!(others.len(), OTHERS_MAX);
}

#[test]
fn notices_of_the_engine_are_no_alert() {
    assert!(!request(&["Rule processing failed.", "Audit log: Failed writing", ""]).is_alert());
}

#[test]
fn scores_are_read_from_all_releases() {
    let check = |name: &str, want: Option<i64>| {
        let text = format!("Warning. [id \"980130\"] [msg \"{name}\"]");
        let mut alert = Alert::default();
        describe(Message::read(&text).0, &mut alert);
        assert_eq!(
            alert.detail("modsecurity.anomaly_score"),
            want.map(Value::Integer).as_ref(),
            "{name}"
        );
    };
    check("Inbound Anomaly Score Exceeded (Total Score: 40)", Some(40));
    check("Inbound Anomaly Score Exceeded (Total Inbound Score: 38, SQLi=6, XSS=30): x", Some(38));
    check("Anomaly Scores: (Inbound Scores: blocking=5, detection=9)", Some(5));
    check("Inbound Anomaly Score Exceeded", None);
    check("Total Score: many", None);
}
