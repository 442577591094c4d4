//! The ways to fail.

use std::time::Duration;

/// How a request is answered instead of by Slack's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Any answer.
    Status {
        /// The status.
        code: u16,
        /// The body.
        body: String,
        /// Further headers.
        headers: Vec<(String, String)>,
    },
    /// 429, and how it says when to come back.
    RateLimited(RetryAfter),
    /// 302 to a page that would answer 200.
    Redirect,
    /// 302 to the hook itself.
    RedirectLoop,
    /// 200 with a web page, as from a captive portal.
    Html,
    /// The request is read, and nothing is answered until the fake is told to let go or goes down.
    Hang,
    /// The connection is closed before the request is read.
    CloseBeforeRead,
    /// The connection is closed after the request was read.
    CloseAfterRead,
    /// Half of the answer `ok`, then the connection is closed.
    HalfAnswer,
    /// An answer whose body comes a byte at a time and does not end.
    SlowDrip,
    /// 200 with a body of a gigabyte.
    HugeBody,
    /// 200 with `OK`.
    OkUpper,
    /// The message is in the channel, and the answer is 200 with `ok` and a line feed.
    OkLine,
    /// 200 with nothing.
    EmptyOk,
    /// Bytes of another protocol than HTTP/1.1, then the connection is closed.
    NoHttp(Foreign),
    /// The message is in the channel and answered with `ok`, so late.
    Late(Duration),
    /// The message is in the channel and answered with `ok`. Then the connection is closed, though
    /// nothing in the answer says so: the client meets it with its next request.
    OkThenClose,
    /// The message is in the channel, the answer is `ok` and says that the connection is closed.
    OkAndClose,
    /// The message is in the channel, and the answer is 500.
    AcceptedButError,
    /// The message is in the channel, and the connection is closed without an answer.
    AcceptedButClosed,
    /// The message is in the channel, and half of the answer arrives.
    AcceptedButHalf,
    /// The answer is `ok`, and the message is not in the channel.
    OkButDropped,
}

/// What answers is not what it was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A TLS server that was spoken to in plain text: the alert `unexpected_message` (RFC 8446 §6).
    TlsAlert,
    /// An HTTP/2 server that goes away: a GOAWAY frame (RFC 9113 §6.8).
    GoAway,
    /// A mail server's greeting.
    Greeting,
}

/// How 429 says when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryAfter {
    /// In the header, in seconds.
    Seconds(u64),
    /// In the header, as a date.
    Date(String),
    /// In the header, no number and no date.
    Garbage,
    /// In the JSON body alone.
    Json(u64),
    /// Nowhere: the plain word `rate_limited`.
    Absent,
    /// Nowhere, and the body is empty too.
    Empty,
}

/// An answer to write.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) headers: Vec<(String, String)>,
}

impl Fault {
    /// A status with one of Slack's words, `Fault::word(404, "no_service")`.
    pub fn word(code: u16, word: &str) -> Self {
        Self::Status { code, body: word.to_owned(), headers: Vec::new() }
    }

    /// The page of a server that stands before Slack's: 502, 503, 504.
    pub fn page(code: u16) -> Self {
        Self::word(code, "<html><head><title>Server Error</title></head></html>")
    }

    /// A post that Slack's rules allow is in the channel, whatever is answered.
    pub fn accepts(&self) -> bool {
        matches!(
            self,
            Self::OkLine
                | Self::Late(_)
                | Self::OkThenClose
                | Self::OkAndClose
                | Self::AcceptedButError
                | Self::AcceptedButClosed
                | Self::AcceptedButHalf
        )
    }

    /// The answer, for those that are one.
    pub(super) fn reply(&self) -> Option<Reply> {
        Some(match self {
            Self::Status { code, body, headers } => {
                Reply { status: *code, body: body.clone(), headers: headers.clone() }
            }
            Self::RateLimited(when) => when.reply(),
            Self::Redirect => Reply::redirect(),
            Self::RedirectLoop => Reply {
                headers: vec![("location".to_owned(), super::hook::PATH.to_owned())],
                ..Reply::redirect()
            },
            Self::Html => Reply::new(200, "<!DOCTYPE html><html><title>Welcome</title></html>"),
            Self::OkUpper => Reply::new(200, "OK"),
            Self::OkLine => Reply::new(200, "ok\n"),
            Self::EmptyOk => Reply::new(200, ""),
            Self::AcceptedButError => Reply::new(500, "rollup_error"),
            Self::OkButDropped | Self::Late(_) | Self::OkThenClose => Reply::new(200, "ok"),
            Self::OkAndClose => Reply {
                headers: vec![("connection".to_owned(), "close".to_owned())],
                ..Reply::new(200, "ok")
            },
            Self::Hang
            | Self::NoHttp(_)
            | Self::AcceptedButClosed
            | Self::AcceptedButHalf
            | Self::CloseBeforeRead
            | Self::CloseAfterRead
            | Self::HalfAnswer
            | Self::SlowDrip
            | Self::HugeBody => return None,
        })
    }
}

impl Foreign {
    pub(super) fn bytes(self) -> &'static [u8] {
        match self {
            Self::TlsAlert => b"\x15\x03\x03\x00\x02\x02\x0a",
            Self::GoAway => b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            Self::Greeting => b"220 mail.example.com ESMTP\r\n",
        }
    }
}

impl RetryAfter {
    pub(super) fn reply(&self) -> Reply {
        let with_header = |value: String| Reply {
            headers: vec![("retry-after".to_owned(), value)],
            ..Reply::new(429, "rate_limited")
        };
        match self {
            Self::Seconds(seconds) => with_header(seconds.to_string()),
            Self::Date(date) => with_header(date.clone()),
            Self::Garbage => with_header("soon".to_owned()),
            Self::Json(seconds) => Reply::new(
                429,
                &format!("{{\"retry_after\":{seconds},\"ok\":false,\"error\":\"rate_limited\"}}"),
            ),
            Self::Absent => Reply::new(429, "rate_limited"),
            Self::Empty => Reply::new(429, ""),
        }
    }
}

impl Reply {
    pub(super) fn new(status: u16, body: &str) -> Self {
        Self { status, body: body.to_owned(), headers: Vec::new() }
    }

    pub(super) fn redirect() -> Self {
        Self {
            headers: vec![("location".to_owned(), "https://api.slack.com/".to_owned())],
            ..Self::new(302, "<html><body>Moved</body></html>")
        }
    }
}
