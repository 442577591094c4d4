//! The logs that are read: the same bytes at every run, shaped like the `eve.json` of a busy sensor.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Rules that fire, in turns.
const RULES: u64 = 200;

/// One line of so many is an alert in [`mixed`]: 5 %.
const LINES_AN_ALERT: u64 = 20;

/// Alerts alone, about 850 bytes each.
pub(crate) fn alerts(path: &Path, lines: u64) -> std::io::Result<u64> {
    write(path, lines, |log, n| log.write_all(alert(n).as_bytes()))
}

/// Flows, names, requests and handshakes with 5 % alerts among them.
pub(crate) fn mixed(path: &Path, lines: u64) -> std::io::Result<u64> {
    write(path, lines, |log, n| match n % LINES_AN_ALERT {
        0 => log.write_all(alert(n / LINES_AN_ALERT).as_bytes()),
        kind => log.write_all(other(kind, n).as_bytes()),
    })
}

/// One alert of this rule.
pub(crate) fn alert(n: u64) -> String {
    let (rule, port) = (9_000_000 + n % RULES, 1024 + n % 60_000);
    let (a, b) = (n / 250 % 250, n % 250);
    head("alert", n)
        + &format!(
            concat!(
                r#""src_ip":"203.0.{a}.{b}","src_port":{port},"dest_ip":"192.0.2.80","#,
                r#""dest_port":80,"proto":"TCP","#,
                r#""ether":{{"src_mac":"00:00:5e:00:53:01","dest_mac":"00:00:5e:00:53:02"}},"#,
                r#""tx_id":0,"alert":{{"action":"allowed","gid":1,"signature_id":{rule},"rev":3,"#,
                r#""signature":"LOCAL path traversal in cgi-bin, variant {rule}","#,
                r#""category":"Web Application Attack","severity":1,"#,
                r#""metadata":{{"signature_severity":["Major"]}}}},"http":{{"#,
                r#""hostname":"www.example.com","url":"\/cgi-bin\/.%2e\/etc\/passwd?{n}","#,
                r#""http_user_agent":"probe\/1.0","http_content_type":"text\/html","#,
                r#""http_method":"GET","protocol":"HTTP\/1.1","status":400,"length":226}},"#,
                r#""app_proto":"http","flow":{{"pkts_toserver":4,"pkts_toclient":3,"#,
                r#""bytes_toserver":512,"bytes_toclient":1490,"#,
                r#""start":"2026-03-14T10:50:25.700000+0000"}}}}"#,
                "\n"
            ),
            a = a,
            b = b,
            n = n,
            port = port,
            rule = rule,
        )
}

fn other(kind: u64, n: u64) -> String {
    let (kind, section) = match kind {
        1..=6 => ("dns", dns()),
        7..=9 => ("http", http()),
        10..=12 => ("tls", tls()),
        _ => ("flow", flow()),
    };
    format!(
        "{}\"src_ip\":\"192.0.2.{}\",\"src_port\":{},\"dest_ip\":\"198.51.100.{}\",{section}}}\n",
        head(kind, n),
        n % 250,
        1024 + n % 60_000,
        n / 7 % 250,
    )
}

fn head(kind: &str, n: u64) -> String {
    format!(
        concat!(
            r#"{{"timestamp":"2026-03-14T10:{:02}:{:02}.{:06}+0000","flow_id":{},"#,
            r#""in_iface":"ens5","event_type":"{}","#
        ),
        n / 60 % 60,
        n % 60,
        n % 1_000_000,
        135_792_468_013_579 + n,
        kind
    )
}

fn dns() -> &'static str {
    concat!(
        r#""dest_port":53,"proto":"UDP","dns":{"type":"query","id":4711,"rrname":"#,
        r#""updates.example.com","rrtype":"A","tx_id":0,"opcode":0}"#
    )
}

fn http() -> &'static str {
    concat!(
        r#""dest_port":80,"proto":"TCP","tx_id":0,"http":{"hostname":"www.example.com","url":"#,
        r#""\/index.html","http_user_agent":"Mozilla\/5.0 (X11; Linux x86_64)","#,
        r#""http_content_type":"text\/html","http_method":"GET","protocol":"HTTP\/1.1","#,
        r#""status":200,"length":5120}"#
    )
}

fn tls() -> &'static str {
    concat!(
        r#""dest_port":443,"proto":"TCP","tls":{"subject":"CN=www.example.com","issuerdn":"#,
        r#""C=XX, O=Example, CN=Example CA","serial":"0A:0B:0C:0D","fingerprint":"#,
        r#""00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33","sni":"#,
        r#""www.example.com","version":"TLS 1.3"}"#
    )
}

fn flow() -> &'static str {
    concat!(
        r#""dest_port":443,"proto":"TCP","app_proto":"tls","flow":{"pkts_toserver":12,"#,
        r#""pkts_toclient":14,"bytes_toserver":2048,"bytes_toclient":16384,"start":"#,
        r#""2026-03-14T10:49:25.700000+0000","end":"2026-03-14T10:50:25.700000+0000","age":60,"#,
        r#""state":"closed","reason":"timeout","alerted":false},"tcp":{"tcp_flags":"1b","#,
        r#""tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true,"fin":true,"psh":true,"ack":true,"#,
        r#""state":"closed"}"#
    )
}

// Writes the lines; gives the size in bytes.
fn write(
    path: &Path,
    lines: u64,
    mut line: impl FnMut(&mut BufWriter<File>, u64) -> std::io::Result<()>,
) -> std::io::Result<u64> {
    let mut log = BufWriter::new(File::create(path)?);
    for n in 0..lines {
        line(&mut log, n)?;
    }
    log.into_inner()?.metadata().map(|metadata| metadata.len())
}
