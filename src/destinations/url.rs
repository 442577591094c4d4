//! What a URL says of its receiver, without being shown: it is the credential.

use ureq::http::Uri;

/// Scheme, host and port: the part of a checked URL that is no secret.
pub(super) fn origin(url: &str) -> &str {
    let behind_scheme = url.find("://").map_or(0, |at| at + 3);
    let path = url.get(behind_scheme..).and_then(|rest| rest.find(['/', '?']));
    path.and_then(|path| url.get(..behind_scheme + path)).unwrap_or(url)
}

/// Is this host the machine itself?
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Is it a URL of any receiver, `https`, or plain `http` to loopback? The second is true as a value. Else what was found,
/// in words that repeat no part of it.
pub(super) fn is_plain(url: &str) -> Result<bool, &'static str> {
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("blanks or line ends within it");
    }
    let uri: Uri = url.parse().map_err(|_| "text that is no URL")?;
    let Some(authority) = uri.authority() else { return Err("no host") };
    if authority.as_str().contains('@') || url.contains('#') {
        return Err("a user or a fragment in it");
    }
    let host = authority.host().to_ascii_lowercase();
    match (uri.scheme_str(), is_loopback(&host)) {
        (Some("https"), _) => Ok(false),
        (Some("http"), true) => Ok(true),
        (Some("http"), false) => Err("http: write https, since the URL is a secret"),
        _ => Err("another scheme"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_any_receiver_are_checked_without_being_shown() {
        for (url, wanted) in [
            ("https://hc-ping.com/SECRET", Ok(false)),
            ("https://ping.example.com:8443/api/push/SECRET?status=up", Ok(false)),
            ("http://127.0.0.1:8000/ping/SECRET", Ok(true)),
            ("http://[::1]/SECRET", Ok(true)),
            ("http://ping.example.com/SECRET", Err("http: write https, since the URL is a secret")),
            ("ftp://ping.example.com/SECRET", Err("another scheme")),
            ("https://user@ping.example.com/SECRET", Err("a user or a fragment in it")),
            ("https://ping.example.com/SECRET#x", Err("a user or a fragment in it")),
            ("https://ping.example.com/SE CRET", Err("blanks or line ends within it")),
            ("/SECRET", Err("no host")),
            ("", Err("text that is no URL")),
        ] {
            assert_eq!(is_plain(url), wanted, "{url}");
        }
    }

    #[test]
    fn an_origin_holds_no_secret() {
        for (url, wanted) in [
            ("https://hc-ping.com/SECRET", "https://hc-ping.com"),
            ("http://127.0.0.1:8000/ping?SECRET", "http://127.0.0.1:8000"),
            ("https://ping.example.com?token=SECRET", "https://ping.example.com"),
        ] {
            assert_eq!(origin(url), wanted);
        }
    }
}
