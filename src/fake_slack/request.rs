//! One HTTP/1.1 request (RFC 9112), bounded, and the answer to it.

use std::io::{self, Read, Write};
use std::time::Duration;

use super::fault::Reply;

/// Request line and headers.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// A body may be so long; Slack's own limit is not documented.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A client may be idle, or pause within a request, for so long.
pub(super) const READ_TIME_MAX: Duration = Duration::from_secs(60);

/// One request.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// In lower case, without parameters.
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
    /// The client wants the connection closed.
    pub(super) close: bool,
}

/// Reads one request. `Ok(Err(_))` is what to answer to one that is broken.
pub(super) fn read(stream: &mut impl Read) -> io::Result<Result<Request, Reply>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Ok(Err(Reply::new(431, "")));
        }
        if read_some(stream, &mut bytes, 4096)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
    let (mut request, length) = match parse_head(&head) {
        Some(parsed) => parsed,
        None => return Ok(Err(Reply::new(400, ""))),
    };
    let Some(length) = length else { return Ok(Err(Reply::new(411, ""))) };
    if length > BODY_BYTES_MAX {
        return Ok(Err(Reply::new(413, "")));
    }
    request.body = bytes.split_off(end);
    while request.body.len() < length {
        let wanted = length - request.body.len();
        if read_some(stream, &mut request.body, wanted)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    // Nobody may send the next request before this one is answered.
    if request.body.len() > length { Ok(Err(Reply::new(400, ""))) } else { Ok(Ok(request)) }
}

/// Reads what is there, at most `most` bytes; 0 is the end.
fn read_some(stream: &mut impl Read, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
    let mut chunk = [0; 4096];
    let room = chunk.get_mut(..most.min(4096)).unwrap_or_default();
    let count = stream.read(room)?;
    bytes.extend_from_slice(room.get(..count).unwrap_or_default());
    Ok(count)
}

/// Request line and the headers that matter, with the body's length: 0 where a method needs none.
fn parse_head(head: &str) -> Option<(Request, Option<usize>)> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, path, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !version.starts_with("HTTP/1.") {
        return None;
    }
    let mut request =
        Request { method: method.to_owned(), path: path.to_owned(), ..Request::default() };
    let mut length = (method != "POST").then_some(0);
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = Some(value.parse().ok()?),
            "content-type" => {
                let essence = value.split(';').next().unwrap_or_default();
                request.content_type = essence.trim().to_ascii_lowercase();
            }
            "connection" => request.close = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Some((request, length))
}

/// Writes an answer. Slack's own have the type `text/html`, even `ok`.
pub(super) fn write(stream: &mut impl Write, reply: &Reply) -> io::Result<()> {
    stream.write_all(head(reply, reply.body.len()).as_bytes())?;
    stream.write_all(reply.body.as_bytes())?;
    stream.flush()
}

/// Status line and headers for a body of this length.
pub(super) fn head(reply: &Reply, length: usize) -> String {
    let kind = if reply.body.starts_with('{') { "application/json" } else { "text/html" };
    let mut head = format!("HTTP/1.1 {} Fake\r\ncontent-type: {kind}\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {length}\r\n\r\n"));
    head
}

/// The body of a form's field `payload`, the older way to post.
pub(super) fn form_payload(body: &[u8]) -> Option<Vec<u8>> {
    let body = body.strip_prefix(b"payload=")?;
    let mut bytes = Vec::with_capacity(body.len());
    let mut rest = body.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'&' => return None,
            b'%' => {
                let pair = [*rest.next()?, *rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
            }
            other => bytes.push(*other),
        }
    }
    Some(bytes)
}
