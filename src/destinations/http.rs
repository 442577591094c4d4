//! One request over HTTP, for the kinds that speak it. Knows no receiver: it says what came back, or
//! why nothing did.
//!
//! Every wait is bounded, redirects are not followed, the body is bounded and read to its end so
//! that the connection can be used again. Trust is the system's certificate store and, with
//! `ca_file`, the certificates in that file beside it. A proxy is used only if the setting names
//! one: the environment of a service is nobody's conscious choice (`proxy = "${HTTPS_PROXY}"` takes
//! it from there). Proxies are asked to CONNECT, so they see a host name and no more. No text of
//! ours holds a URL.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::SettingsError;
use crate::config::Settings;

/// So much of an answer's body is read; a longer one is cut and its connection given up.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;

/// An answer's status line and headers may take so many bytes.
const HEADER_BYTES_MAX: usize = 32 * 1024;

/// Finding the address and connecting take at most so long each, and less if the caller's limit is
/// shorter.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// A connection is used again within this time; receivers close theirs later than that.
const IDLE_TIME_MAX: Duration = Duration::from_secs(15);

/// A client for one receiver.
pub(super) struct Client {
    agent: ureq::Agent,
}

/// What the receiver answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Response {
    /// The status, 100 to 599.
    pub(super) status: u16,
    /// `Retry-After`, as it stands.
    pub(super) retry_after: Option<String>,
    /// `Date`, as it stands.
    pub(super) date: Option<String>,
    /// At most [`BODY_BYTES_MAX`] bytes.
    pub(super) body: Vec<u8>,
    /// The body came to its end.
    pub(super) is_whole: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// For people; holds no URL.
    pub(super) why: String,
    /// The request may have reached the receiver.
    pub(super) maybe_sent: bool,
}

impl Client {
    /// A client with these settings. `plain` allows `http:`, for loopback only.
    pub(super) fn open(settings: &Settings, plain: bool) -> Result<Self, SettingsError> {
        let roots = match &settings.ca_file {
            None => RootCerts::PlatformVerifier,
            Some(path) => RootCerts::Specific(Arc::new(roots_with(path)?)),
        };
        let config = ureq::Agent::config_builder()
            .https_only(!plain)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy(settings)?)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("ipsbell/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(HEADER_BYTES_MAX)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            .max_idle_age(IDLE_TIME_MAX)
            .build();
        Ok(Self { agent: config.new_agent() })
    }

    /// Posts `body` and reads the answer, all within `time_limit`.
    pub(super) fn post(
        &self,
        url: &str,
        content_type: &str,
        body: &[u8],
        time_limit: Duration,
    ) -> Result<Response, Failure> {
        let request = self.agent.post(url).header("content-type", content_type);
        let request = timed(request, time_limit);
        Ok(read(request.send(body).map_err(|error| failure(&error))?))
    }

    /// Gets `url` and reads the answer, all within `time_limit`.
    pub(super) fn get(&self, url: &str, time_limit: Duration) -> Result<Response, Failure> {
        let request = timed(self.agent.get(url), time_limit);
        Ok(read(request.call().map_err(|error| failure(&error))?))
    }

    /// Asks `origin` (scheme, host and port) for its front page's headers: whatever it answers, it was reached.
    pub(super) fn reach(&self, origin: &str, time_limit: Duration) -> Result<(), Failure> {
        let request = timed(self.agent.head(origin), time_limit);
        request.call().map(drop).map_err(|error| failure(&error))
    }
}

/// What came back. A body that breaks off leaves its beginning and the status, which decide what to do.
fn read(response: ureq::http::Response<ureq::Body>) -> Response {
    let header = |name| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let mut answer = Response {
        status: response.status().as_u16(),
        retry_after: header("retry-after"),
        date: header("date"),
        ..Response::default()
    };
    let mut reader = response.into_body().into_reader();
    let mut bounded = reader.by_ref().take(BODY_BYTES_MAX as u64);
    let came_to_end = bounded.read_to_end(&mut answer.body).is_ok();
    answer.is_whole = came_to_end && matches!(reader.read(&mut [0]), Ok(0));
    answer
}

/// The request with every wait bounded.
fn timed<Body>(
    request: ureq::RequestBuilder<Body>,
    time_limit: Duration,
) -> ureq::RequestBuilder<Body> {
    let connect = Some(time_limit.min(CONNECT_TIME_MAX));
    let limit = Some(time_limit);
    request
        .config()
        .timeout_global(limit)
        .timeout_per_call(limit)
        .timeout_resolve(connect)
        .timeout_connect(connect)
        .timeout_send_request(limit)
        .timeout_send_body(limit)
        .timeout_recv_response(limit)
        .timeout_recv_body(limit)
        .build()
}

fn proxy(settings: &Settings) -> Result<Option<ureq::Proxy>, SettingsError> {
    let Some(proxy) = &settings.proxy else { return Ok(None) };
    ureq::Proxy::new(proxy.reveal()).map(Some).map_err(|_| SettingsError {
        key: "proxy",
        wanted: "wanted a proxy's address, found text that is none".to_owned(),
        hint: Some("write `http://host:port` or `socks5://host:port`".to_owned()),
    })
}

/// The system's certificates and those of the file. Verification itself is the same as without the
/// file.
fn roots_with(path: &Path) -> Result<Vec<Certificate<'static>>, SettingsError> {
    let fault = |found: String| SettingsError {
        key: "ca_file",
        wanted: format!("wanted PEM certificates in {}, found {found}", path.display()),
        hint: Some("point `ca_file` at a file with `-----BEGIN CERTIFICATE-----` in it".to_owned()),
    };
    let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
    let mut roots = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => roots.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(fault("a section that is no PEM".to_owned())),
        }
    }
    if roots.is_empty() {
        return Err(fault("none".to_owned()));
    }
    // Single files of the system's store that do not parse are left out, as without `ca_file`.
    let system = rustls_native_certs::load_native_certs().certs;
    roots.extend(system.iter().map(|der| Certificate::from_der(der).to_owned()));
    Ok(roots)
}

/// Words of our own for each error: some of the library's hold the URL.
fn failure(error: &ureq::Error) -> Failure {
    use ureq::Error;
    let unsent = |why: &str| Failure { why: why.to_owned(), maybe_sent: false };
    let unclear = |why: &str| Failure { why: why.to_owned(), maybe_sent: true };
    match error {
        Error::HostNotFound => unsent("the receiver's host name was not found"),
        Error::Timeout(ureq::Timeout::Resolve) => unsent("the name server did not answer in time"),
        Error::Timeout(ureq::Timeout::Connect) => unsent("no connection in time"),
        Error::Timeout(_) => unclear("no answer in time"),
        Error::ConnectionFailed => unsent("no connection"),
        Error::ConnectProxyFailed(_) => unsent("the proxy refused to connect"),
        Error::InvalidProxyUrl => unsent("the proxy's address is none"),
        Error::BadUri(_) | Error::Http(_) => unsent("the receiver's URL is none"),
        Error::RequireHttpsOnly(_) => unsent("the receiver's URL is not https"),
        Error::Rustls(_) | Error::Tls(_) | Error::Pem(_) | Error::TlsRequired => {
            unsent(&format!("no secure connection: {error}"))
        }
        Error::Io(error) => io_failure(error),
        Error::LargeResponseHeader(..) => unclear("an answer with more headers than anyone needs"),
        Error::Protocol(_) => unclear("an answer that is no HTTP"),
        _ => unclear("the connection failed"),
    }
}

/// An error of the socket. Only what cannot happen after the request was sent counts as unsent.
fn io_failure(error: &io::Error) -> Failure {
    use io::ErrorKind;
    // A certificate that is not trusted arrives here, wrapped by the TLS stream; its words name the
    // host.
    let text = error.to_string();
    if error.kind() == ErrorKind::InvalidData && text.contains("certificate") {
        let why = format!("no secure connection: {text}; a private authority needs `ca_file`");
        return Failure { why, maybe_sent: false };
    }
    // The library looks names up through the standard library, which has no kind for this error.
    if text.starts_with("failed to lookup address") {
        return Failure {
            why: "the receiver's host name was not found".to_owned(),
            maybe_sent: false,
        };
    }
    let maybe_sent = !matches!(
        error.kind(),
        ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable
            | ErrorKind::PermissionDenied
    );
    Failure { why: error.kind().to_string(), maybe_sent }
}
