//! Where people read more about what fired: pages whose addresses are known from an identifier alone. Pure data and what it
//! takes to fill it in. An address is never built from text of a log, but from identifiers that are checked to be what
//! they should be, character by character. To add a page, add its line to [`PAGES`].

use ipsbell_parsers::alert::Alert;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose page it is, a host name.
    pub site: &'static str,
    /// Its address.
    pub url: String,
}

/// Pages of one kind.
struct Page {
    /// The products whose alerts have one; none is all.
    products: &'static [&'static str],
    site: &'static str,
    /// What stands before the identifier.
    begin: &'static str,
    /// The identifier, and nothing of a log beside it.
    name: fn(&Alert<'_>) -> Option<String>,
}

/// The pages, those that say most of an alert first. Sources: the rule pages of snort.org (Talos rules by generator and
/// id), CrowdSec's hub, NIST's "NVD" by CVE number, MITRE's "ATT&CK" by technique.
const PAGES: &[Page] = &[
    Page {
        products: &["snort", "suricata"],
        site: "www.snort.org",
        begin: "https://www.snort.org/rule_docs/",
        name: talos_rule,
    },
    Page {
        products: &["crowdsec"],
        site: "app.crowdsec.net",
        begin: "https://app.crowdsec.net/hub/author/",
        name: hub_item,
    },
    Page {
        products: &[],
        site: "nvd.nist.gov",
        begin: "https://nvd.nist.gov/vuln/detail/",
        name: |alert| {
            alert.vulnerabilities.iter().find(|cve| is_cve(cve)).map(|cve| cve.to_string())
        },
    },
    Page {
        products: &[],
        site: "attack.mitre.org",
        begin: "https://attack.mitre.org/techniques/",
        name: |alert| {
            let technique = alert.techniques.iter().find(|technique| is_technique(technique))?;
            Some(format!("{}/", technique.replace('.', "/")))
        },
    },
];

/// The page that says most of an alert.
pub fn link(alert: &Alert<'_>) -> Option<Link> {
    PAGES.iter().find_map(|page| {
        if !page.products.is_empty() && !page.products.contains(&alert.product.as_ref()) {
            return None;
        }
        let name = (page.name)(alert)?;
        Some(Link { site: page.site, url: format!("{}{name}", page.begin) })
    })
}

/// Is this the address of such a page?
pub fn is_link(url: &str) -> bool {
    PAGES.iter().any(|page| url.starts_with(page.begin))
}

/// `CVE-2021-41773`.
pub fn is_cve(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, lengths: std::ops::RangeInclusive<usize>| {
        part.is_some_and(|part| lengths.contains(&part.len()) && is_digits(part))
    };
    parts.next() == Some("CVE") && digits(parts.next(), 4..=4) && digits(parts.next(), 4..=10)
}

/// `T1190`, `T1059.004`.
pub fn is_technique(text: &str) -> bool {
    let Some(number) = text.strip_prefix('T') else { return false };
    let (main, sub) = number.split_once('.').unwrap_or((number, "000"));
    main.len() == 4 && sub.len() == 3 && is_digits(main) && is_digits(sub)
}

/// Only ASCII digits, and at least one.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Talos gives its rules the ids from 100 on; those from 1,000,000 on are of others (Snort manual, "sid").
fn talos_rule(alert: &Alert<'_>) -> Option<String> {
    let id = alert.rule.id.as_deref().filter(|id| is_digits(id) && id.len() <= 6)?;
    let id: u32 = id.parse().ok()?;
    (alert.rule.generator == Some(1) && id >= 100).then(|| format!("1-{id}"))
}

/// `crowdsecurity/ssh-bf` is a scenario, `crowdsecurity/vpatch-env-access` a rule of the application firewall.
fn hub_item(alert: &Alert<'_>) -> Option<String> {
    const NAME_BYTES_MAX: usize = 64;
    let is_name = |name: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(fits)
    };
    let names = [alert.rule.id.as_deref(), alert.rule.name.as_deref()];
    let (author, name) = names.into_iter().flatten().find_map(|name| name.split_once('/'))?;
    let kind = if name.starts_with("vpatch-") { "appsec-rules" } else { "scenarios" };
    (is_name(author) && is_name(name)).then(|| format!("{author}/{kind}/{name}"))
}

#[cfg(test)]
mod tests {
    use ipsbell_parsers::alert::Rule;

    use super::*;

    fn alert<'a>(product: &'a str, generator: Option<u32>, id: &'a str) -> Alert<'a> {
        let rule = Rule { generator, id: Some(id.into()), ..Rule::default() };
        Alert { product: product.into(), rule, ..Alert::default() }
    }

    #[track_caller]
    fn check(alert: &Alert<'_>, wanted: Option<&str>) {
        let found = link(alert);
        assert_eq!(found.as_ref().map(|link| link.url.as_str()), wanted, "{alert:?}");
        if let Some(Link { site, url }) = found {
            assert!(url.starts_with(&format!("https://{site}/")) && is_link(&url), "{url}");
        }
    }

    #[test]
    fn rules_have_their_own_pages() {
        let talos = Some("https://www.snort.org/rule_docs/1-58722");
        check(&alert("snort", Some(1), "58722"), talos);
        check(&alert("suricata", Some(1), "58722"), talos);
        for (product, generator, id) in [
            ("snort", Some(119), "15"),
            ("snort", Some(1), "99"),
            ("snort", Some(1), "1000001"),
            ("suricata", Some(1), "2034125"),
            ("snort", None, "58722"),
            ("snort", Some(1), "587a2"),
            ("snort", Some(1), ""),
            ("cef", Some(1), "58722"),
            ("crowdsec", None, "ssh-bf"),
            ("crowdsec", None, "crowdsecurity/../ssh"),
            ("crowdsec", None, "a/b/c"),
            ("crowdsec", None, "a/"),
            ("crowdsec", None, "a/b?c=<!channel>|x"),
        ] {
            check(&alert(product, generator, id), None);
        }
        check(
            &alert("crowdsec", None, "crowdsecurity/ssh-bf"),
            Some("https://app.crowdsec.net/hub/author/crowdsecurity/scenarios/ssh-bf"),
        );
        check(
            &alert("crowdsec", None, "crowdsecurity/vpatch-env-access"),
            Some(
                "https://app.crowdsec.net/hub/author/crowdsecurity/appsec-rules/vpatch-env-access",
            ),
        );
    }

    #[test]
    fn without_one_the_weakness_or_the_technique_has() {
        let mut alert = alert("cef", None, "7");
        alert.techniques = vec!["T1190x".into(), "T1059.004".into()];
        check(&alert, Some("https://attack.mitre.org/techniques/T1059/004/"));
        alert.vulnerabilities = vec!["CVE-2021-41773>".into(), "CVE-2021-41773".into()];
        check(&alert, Some("https://nvd.nist.gov/vuln/detail/CVE-2021-41773"));
        (alert.vulnerabilities, alert.techniques) = (vec!["CVE-x".into()], vec!["T1".into()]);
        check(&alert, None);
    }
}
