//! What Slack's answer means. Delivered is status 200 with the body `ok` and nothing else: an
//! unknown path is answered with a redirect to a page, and a proxy's page has status 200 too.
//! Slack's word decides before the status, since the status of several words is documented nowhere.
//! No text of the body is repeated unless it is a word of Slack's form.

use std::time::Duration;

use jiff::Timestamp;

use crate::destinations::Answer;
use crate::destinations::http::{BODY_BYTES_MAX, Response};

/// Slack is believed when it asks for so long a wait at most.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);

/// And at least for so long.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// A word of Slack's is no longer.
const TOKEN_CHARS_MAX: usize = 64;

/// Words that mean this payload, and what each means.
const PAYLOAD_TOKENS: [(&str, &str); 9] = [
    ("invalid_payload", "it could not be read"),
    ("no_text", "it shows nothing"),
    ("missing_text_or_fallback_or_attachments", "it shows nothing"),
    ("invalid_blocks", "a block breaks a rule"),
    ("invalid_blocks_format", "a block breaks a rule"),
    ("invalid_attachments", "an attachment breaks a rule"),
    ("too_many_attachments", "it has too many attachments"),
    ("msg_blocks_too_long", "it is too long"),
    ("msg_too_long", "it is too long"),
];

/// Words that mean the webhook itself, and what to do.
const DESTINATION_TOKENS: [(&str, &str); 12] = [
    ("invalid_token", "the URL's secret is wrong, expired or revoked: make a new webhook"),
    ("action_prohibited", "an administrator restricts this webhook"),
    ("posting_to_general_channel_denied", "posting to #general is restricted"),
    ("team_disabled", "the workspace is not active"),
    ("channel_not_found", "the channel is gone or private: make a new webhook"),
    ("user_not_found", "the webhook's user is gone: make a new webhook"),
    ("no_active_hooks", "the webhook is switched off"),
    ("no_service", "the webhook is removed or switched off: make a new one"),
    ("no_service_id", "the URL's second part (B…) is wrong"),
    ("no_team", "the URL's first part (T…) is wrong"),
    ("channel_is_archived", "the channel is archived: unarchive it or make a new webhook"),
    ("invalid_auth", "the URL's secret is wrong, expired or revoked: make a new webhook"),
];

/// What came of the post. `now` is for a Retry-After that is a date, where the answer has none
/// itself.
pub(super) fn classify(response: &Response, now: Timestamp) -> Answer {
    let body = String::from_utf8_lossy(&response.body);
    let body = body.trim();
    let status = response.status;
    if status == 200 && body == "ok" && response.is_whole {
        return Answer::Delivered;
    }
    let token = token(body);
    let named = |table: &[(&str, &'static str)]| {
        let name = token.as_deref()?;
        table.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning)
    };
    let word = token.as_deref().unwrap_or_default();
    if let Some(meaning) = named(&DESTINATION_TOKENS) {
        return Answer::DestinationRefused { why: format!("{status} {word}: {meaning}") };
    }
    if let Some(meaning) = named(&PAYLOAD_TOKENS) {
        return Answer::PayloadRefused { why: format!("{status} {word}: {meaning}") };
    }
    by_status(response, body, token.as_deref(), now)
}

fn by_status(response: &Response, body: &str, token: Option<&str>, now: Timestamp) -> Answer {
    let status = response.status;
    let is_broken_off = !response.is_whole && response.body.len() < BODY_BYTES_MAX;
    let after = retry_after(response, body, now);
    let said = match token {
        Some(word) => format!("{status} {word}"),
        None if is_html(body) => format!("{status} and a web page"),
        None => status.to_string(),
    };
    match status {
        // The answer broke off, or there was none in it: the post may well be in the channel.
        200 if body.is_empty() || is_broken_off => Answer::Later {
            after: None,
            maybe_delivered: true,
            slow_down: false,
            why: "200, but the answer broke off before Slack's `ok`".to_owned(),
        },
        200..=299 => Answer::DestinationRefused {
            why: format!(
                "{said}, which is not Slack's `ok`: something else answers, a proxy perhaps"
            ),
        },
        300..=399 => Answer::DestinationRefused {
            why: format!("{status}, a redirect: the webhook's URL is not one that Slack knows"),
        },
        429 => Answer::Later {
            after: Some(after.unwrap_or(RETRY_AFTER_MIN)),
            maybe_delivered: false,
            slow_down: true,
            why: format!("{said}: asked to post less"),
        },
        // An edge that closes its doors, not Slack's own word: it opens again.
        403 if is_html(body) => later(after, false, said),
        408 | 425 => later(after, false, said),
        // What failed may have failed behind the post: Slack itself after it stood in the channel, a server before it
        // while it waited for Slack's answer.
        500..=599 => later(after, true, said),
        // Slack's documented words are all in the tables: this may be a word that is new, or a proxy's.
        _ => Answer::Unclear { why: said },
    }
}

fn later(after: Option<Duration>, maybe_delivered: bool, why: String) -> Answer {
    Answer::Later { after, maybe_delivered, slow_down: false, why }
}

/// Slack's word: the whole body, or the member `error` of a JSON body, in lower case.
fn token(body: &str) -> Option<String> {
    let json = || serde_json::from_str::<serde_json::Value>(body).ok();
    let word = if body.starts_with('{') {
        json()?.get("error")?.as_str()?.to_owned()
    } else {
        body.get(..TOKEN_CHARS_MAX).unwrap_or(body).to_owned()
    };
    let word = word.trim().to_ascii_lowercase();
    let is_word = !word.is_empty()
        && (body.starts_with('{') || word.len() == body.len())
        && word.len() <= TOKEN_CHARS_MAX
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_word.then_some(word)
}

fn is_html(body: &str) -> bool {
    let head: String = body.chars().take(64).collect::<String>().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html") || head.starts_with("<head")
}

/// How long to wait: the header in seconds or as a date (RFC 9110 §10.2.3), else `retry_after` of a
/// JSON body. Garbage is as good as nothing.
fn retry_after(response: &Response, body: &str, now: Timestamp) -> Option<Duration> {
    let header = response.retry_after.as_deref().map(str::trim).and_then(|text| {
        let seconds = || text.parse().ok().map(Duration::from_secs);
        let date = || {
            let sent = response.date.as_deref().and_then(http_date).unwrap_or(now);
            http_date(text)
                .map(|at| Duration::try_from(at.duration_since(sent)).unwrap_or_default())
        };
        seconds().or_else(date)
    });
    let json = || {
        let value: serde_json::Value = serde_json::from_str(body).ok()?;
        let seconds = value.get("retry_after")?.as_f64()?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    header.or_else(json).map(|wait| wait.clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX))
}

/// `Mon, 23 Nov 2026 11:37:00 GMT` (RFC 9110 §5.6.7).
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T11:37:00Z".parse().expect("an instant")
    }

    fn answer(status: u16, body: &str) -> Answer {
        let body = body.as_bytes().to_vec();
        classify(&Response { status, body, is_whole: true, ..Response::default() }, now())
    }

    fn name(answer: &Answer) -> &'static str {
        match answer {
            Answer::Delivered => "delivered",
            Answer::Later { maybe_delivered: true, .. } => "maybe",
            Answer::Later { slow_down: true, .. } => "slow down",
            Answer::Later { .. } => "later",
            Answer::PayloadRefused { .. } => "payload",
            Answer::Unclear { .. } => "unclear",
            Answer::DestinationRefused { .. } => "destination",
        }
    }

    #[test]
    fn every_documented_answer_has_its_meaning() {
        let page = "<!DOCTYPE html>\n<html><title>Server Error | Slack</title></html>";
        let nginx = "<html>\r\n<head><title>403 Forbidden</title></head></html>";
        let limited = "{\"retry_after\":1,\"ok\":false,\"error\":\"rate_limited\"}";
        let table = [
            (200, "ok", "delivered"),
            (200, "ok\n", "delivered"),
            (200, "OK", "destination"),
            (200, "", "maybe"),
            (200, page, "destination"),
            (200, "{\"ok\":true}", "destination"),
            (200, "invalid_blocks", "payload"),
            (200, "{\"ok\":false,\"error\":\"no_team\"}", "destination"),
            (201, "ok", "destination"),
            (204, "", "destination"),
            (400, "invalid_payload", "payload"),
            (400, "no_text", "payload"),
            (400, "missing_text_or_fallback_or_attachments", "payload"),
            (400, "invalid_blocks", "payload"),
            (400, "invalid_blocks_format", "payload"),
            (400, "invalid_attachments", "payload"),
            (400, "too_many_attachments", "payload"),
            (400, "msg_blocks_too_long", "payload"),
            (400, "msg_too_long", "payload"),
            (400, "user_not_found", "destination"),
            (403, "invalid_token", "destination"),
            (403, "action_prohibited", "destination"),
            (400, "posting_to_general_channel_denied", "destination"),
            (403, "team_disabled", "destination"),
            (404, "channel_not_found", "destination"),
            (404, "no_active_hooks", "destination"),
            (404, "no_service", "destination"),
            (404, "No_Service\n", "destination"),
            (404, "no_service_id", "destination"),
            (404, "no_team", "destination"),
            (410, "channel_is_archived", "destination"),
            (500, "no_team", "destination"),
            (500, "rollup_error", "maybe"),
            (500, page, "maybe"),
            (502, page, "maybe"),
            (503, "", "maybe"),
            (504, page, "maybe"),
            (408, "", "later"),
            (425, "", "later"),
            (429, limited, "slow down"),
            (429, "rate_limited", "slow down"),
            (429, "", "slow down"),
            (302, page, "destination"),
            (307, "", "destination"),
            (403, nginx, "later"),
            (403, "", "unclear"),
            (404, page, "unclear"),
            (405, "", "unclear"),
            (418, "something_new", "unclear"),
            (600, "", "unclear"),
        ];
        for (status, body, wanted) in table {
            assert_eq!(name(&answer(status, body)), wanted, "for {status} {body}");
        }
    }

    #[test]
    fn an_answer_that_breaks_off_may_have_been_a_yes() {
        let cut = |status, body: &[u8]| {
            let body = body.to_vec();
            name(&classify(&Response { status, body, ..Response::default() }, now()))
        };
        assert_eq!(cut(200, b"o"), "maybe");
        assert_eq!(cut(200, b"ok"), "maybe");
        assert_eq!(cut(200, &[b'o'; BODY_BYTES_MAX]), "destination");
        assert_eq!(cut(503, b""), "maybe");
    }

    #[test]
    fn the_receivers_word_on_when_is_taken_within_reason() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let json = |wait: &str| format!("{{\"retry_after\":{wait},\"error\":\"rate_limited\"}}");
        let table = [
            (Some("30"), None, String::new(), seconds(30)),
            (Some(" 30 "), None, String::new(), seconds(30)),
            (Some("0"), None, String::new(), seconds(1)),
            (Some("999999999"), None, String::new(), seconds(3_600)),
            (Some("99999999999999999999999"), None, String::new(), seconds(1)),
            (Some("soon"), None, String::new(), seconds(1)),
            (Some("-5"), None, String::new(), seconds(1)),
            (Some("soon"), None, json("7"), seconds(7)),
            (None, None, json("7"), seconds(7)),
            (None, None, json("1e300"), seconds(1)),
            (None, None, json("-1"), seconds(1)),
            (Some("Mon, 23 Nov 2026 11:38:00 GMT"), None, String::new(), seconds(60)),
            (Some("Mon, 23 Nov 2026 11:30:00 GMT"), None, String::new(), seconds(1)),
            // The receiver's clock is an hour ahead of ours: the difference is what it means.
            (
                Some("Mon, 23 Nov 2026 12:38:00 GMT"),
                Some("Mon, 23 Nov 2026 12:37:30 GMT"),
                String::new(),
                seconds(30),
            ),
            (None, None, String::new(), seconds(1)),
        ];
        for (retry_after, date, body, wanted) in table {
            let response = Response {
                status: 429,
                retry_after: retry_after.map(str::to_owned),
                date: date.map(str::to_owned),
                body: body.clone().into_bytes(),
                is_whole: true,
            };
            let Answer::Later { after, .. } = classify(&response, now()) else {
                panic!("not later")
            };
            assert_eq!(after, wanted, "for {retry_after:?} {body}");
        }
        let unavailable = Response { status: 503, ..Response::default() };
        let Answer::Later { after: None, .. } = classify(&unavailable, now()) else {
            panic!("503 without a word on when leaves it to us")
        };
    }

    #[test]
    fn no_text_of_a_body_is_repeated() {
        for body in
            ["token=abc secret", "<html>secret</html>", "{\"error\":\"se cret\"}", "secret1"]
        {
            for status in [200, 302, 400, 404, 429, 500] {
                let told = format!("{:?}", answer(status, body));
                assert!(!told.contains("cret"), "{told}");
            }
        }
    }
}
