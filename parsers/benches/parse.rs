//! Bytes a second of each grammar, through the reader as the agent calls it. `cargo bench -p
//! ipsbell-parsers`.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use ipsbell_parsers::{Choice, FORMATS, Format, Offer, Read, Reader, Records};

const RECORDS: usize = 1000;

fn main() {
    divan::main();
}

fn read_all(bencher: Bencher<'_, '_>, records: &[String]) {
    read_with(&Reader::new(Choice::Auto), bencher, records);
}

// Reads all records with one reader; what was read is counted so that nothing is optimised away.
fn read_with(reader: &Reader, bencher: Bencher<'_, '_>, records: &[String]) {
    let bytes: usize = records.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let mut reader = reader.clone();
        let mut alerts = 0_usize;
        for record in records {
            if let Read::Alert { alert, .. } = black_box(reader.read(record.as_bytes())) {
                alerts += alert.details.len() + 1;
            }
        }
        alerts
    });
}

#[divan::bench(args = FORMATS.iter().map(|format| format.name))]
fn example(bencher: Bencher<'_, '_>, name: &str) {
    let format: Option<&'static Format> = ipsbell_parsers::format(name);
    let records =
        vec![format.map(|format| format.example.to_string()).unwrap_or_default(); RECORDS];
    read_all(bencher, &records);
}

#[divan::bench]
fn eve_alerts_with_http(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS).map(|n| eve("alert", n)).collect::<Vec<_>>();
    read_all(bencher, &records);
}

#[divan::bench]
fn eve_heads_of_alerts_with_http(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS).map(|n| eve("alert", n)).collect::<Vec<_>>();
    read_with(&Reader::of_heads(Choice::Auto), bencher, &records);
}

#[divan::bench]
fn eve_without_alerts(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS).map(|n| eve("flow", n)).collect::<Vec<_>>();
    read_all(bencher, &records);
}

/// Counters, the longest records of the log.
#[divan::bench]
fn eve_stats(bencher: Bencher<'_, '_>) {
    let counters =
        (0..400).map(|n| format!("\"counter_{n}\":{{\"pkts\":{n}}}")).collect::<Vec<_>>();
    let records = vec![
        format!(
            "{{\"timestamp\":\"2026-03-14T10:50:25.823699+0000\",\"event_type\":\"stats\",\"stats\":{{{}}}}}",
            counters.join(",")
        );
        RECORDS
    ];
    read_all(bencher, &records);
}

/// The same where drops are asked for as well, so that each record is looked at more closely.
#[divan::bench]
fn eve_without_drops(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS).map(|n| eve("flow", n)).collect::<Vec<_>>();
    read_with(&Reader::new(Choice::Auto).also(["drop"]), bencher, &records);
}

const ZEEK_HEADER: &str = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tfuid\tfile_mime_type\t\
    file_desc\tproto\tnote\tmsg\tsub\tsrc\tdst\tp\tn\tpeer_descr\tactions\temail_dest\tsuppress_for\t\
    remote_location.country_code\tremote_location.region\tremote_location.city\t\
    remote_location.latitude\tremote_location.longitude";

fn zeek_row(n: usize) -> String {
    format!(
        "1773485425.82{n}\tCHhAvVGS1DHFjwGM9\t203.0.113.9\t40112\t192.0.2.80\t22\t-\t-\t-\ttcp\t\
         SSH::Password_Guessing\t203.0.113.9 appears to be guessing SSH passwords (seen in 30 connections)\t\
         Sampled servers:  192.0.2.80, 192.0.2.80, 192.0.2.80\t203.0.113.9\t192.0.2.80\t22\t-\t-\t\
         Notice::ACTION_LOG\t(empty)\t3600.000000\t-\t-\t-\t-\t-"
    )
}

#[divan::bench]
fn zeek_rows(bencher: Bencher<'_, '_>) {
    let records =
        (0..RECORDS).map(|n| format!("{ZEEK_HEADER}\n{}", zeek_row(n))).collect::<Vec<_>>();
    read_all(bencher, &records);
}

/// What it costs to put the header in front of each row.
#[divan::bench]
fn framing_of_rows_behind_a_header(bencher: Bencher<'_, '_>) {
    let lines = (0..RECORDS).map(zeek_row).collect::<Vec<_>>();
    let bytes: usize = lines.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let mut records = Records::new(Choice::Auto);
        records.offer(0, ZEEK_HEADER.as_bytes(), false);
        let mut taken = 0;
        for (line, offset) in lines.iter().zip(1..) {
            if records.offer(offset, black_box(line.as_bytes()), false) == Offer::Complete {
                taken += records.take().map_or(0, |record| record.bytes.len());
            }
        }
        taken
    });
}

#[divan::bench]
fn snort_columns_as_configured(bencher: Bencher<'_, '_>) {
    let example = ipsbell_parsers::format("snort-csv").map(|format| format.example);
    let columns = "timestamp,sig_generator,sig_id,sig_rev,msg,proto,src,srcport,dst,dstport,ethsrc,ethdst,ethlen,\
        tcpflags,tcpseq,tcpack,tcpln,tcpwindow,ttl,tos,id,dgmlen,iplen,icmptype,icmpcode,icmpid,icmpseq";
    let record = format!("#snort-csv {columns}\n{}", example.unwrap_or_default());
    read_all(bencher, &vec![record; RECORDS]);
}

#[divan::bench]
fn deep_security(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            format!(
                "CEF:0|Trend Micro|Deep Security Agent|20.0.1.100|{}|Test rule (CVE-2021-44228)|8|\
                cn1=12 \
                 cn1Label=Host ID dvchost=web1.example.com dmac=02:00:5E:00:53:01 smac=02:00:5E:00\
                 :53:02 \
                 TrendMicroDsFrameType=IP src=203.0.113.9 dst=192.0.2.80 in=1093 cs3=DF MF \
                 cs3Label=Fragmentation Bits proto=TCP spt=49786 dpt=80 cs2=0x18 ACK PSH cs2Label=\
                 TCP Flags \
                 cnt=3 act=Reset cn3=10 cn3Label=Intrusion Prevention Packet Position cs5=20 \
                 cs5Label=Intrusion Prevention Stream Position cs6=8 cs6Label=Intrusion Preventio\
                 n Flags \
                 TrendMicroDsPacketData={}",
                1_000_000 + n,
                "R0VUIC9zP3Eg".repeat(60)
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

/// A line of PAN-OS 11, with all its columns.
#[divan::bench]
fn panos_threat(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            format!(
                "1,2026/03/14 10:50:26,001234567890,THREAT,vulnerability,2561,2026/03/14 10:50:25\
                 ,203.0.113.9,192.0.2.80,203.0.113.9,192.0.2.81,inbound,,,web-browsing,vsys1,untr\
                 ust,dmz,ethernet1/1,ethernet1/2,forward,2026/03/14 10:50:26,{n},1,40112,80,40112\
                 ,8080,0x81402000,tcp,reset-both,\"login.esp\",Example Command Injection Vulnerab\
                 ility(95999),business-and-economy,critical,client-to-server,7334683348721844974,\
                 0x8000000000000000,Germany,Germany,,,1210223766892439373,,,1,,,,,,,,0,320,90,0,0\
                 ,,fw1,,,,,0,,0,,N/A,code-execution,AppThreat-9001-9100,0x0,0,4294967295,,,0a1b2c\
                 3d-0000-4000-8000-000000000001,0,,,,,,,,,,,,,,,,,,,,,,,,,,,,,0,2026-03-14T10:50\
                 :25.614+01:00,,,,internet-utility,general-internet,browser-based,4,\"used-by-mal\
                 ware,able-to-transfer-file,has-known-vulnerability,tunnel-other-application,perv\
                 asive-use\",,web-browsing,no,no,,,NonProxyTraffic"
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

/// An intrusion event of Firepower 7, behind its header.
#[divan::bench]
fn cisco_ftd(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            format!(
                "<113>2026-03-14T10:50:25Z fw1 : %FTD-1-430001: EventPriority: High, DeviceUUID: \
                 0a1b2c3d-0000-4000-8000-000000000001, InstanceID: 3, FirstPacketSecond: 2026-03-\
                 14T10:50:24Z, ConnectionID: {n}, SrcIP: 203.0.113.9, DstIP: 192.0.2.80, SrcPort: \
                 40112, DstPort: 80, Protocol: tcp, IngressInterface: outside, EgressInterface: d\
                 mz, IngressZone: untrust, EgressZone: dmz, IngressVRF: Global, EgressVRF: Global\
                 , Priority: 1, GID: 1, SID: 1000001, Revision: 12, Message: SERVER-WEBAPP Exampl\
                 e small business directory traversal attempt, Classification: Attempted User Pri\
                 vilege Gain, WebApplication: Example, Client: Web browser, User: No Authenticati\
                 on Required, ApplicationProtocol: HTTP, InlineResult: Blocked, IntrusionPolicy: \
                 strict, ACPolicy: default, AccessControlRuleName: inbound web, NAPPolicy: Balanc\
                 ed Security and Connectivity, HTTP_Hostname: www.example.com, HTTP_URI: /cgi-bin\
                 /.%2e/%2e%2e/etc/passwd"
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

/// An attack of the SRX in its structured form, behind RFC 5424.
#[divan::bench]
fn juniper_srx(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            format!(
                "<165>1 2026-03-14T10:50:25.193Z fw1 RT_IDP - IDP_ATTACK_LOG_EVENT [junos@2636.1.\
                 1.1.2.129 epoch-time=\"1773485425\" message-type=\"SIG\" source-address=\"203.0.\
                 113.9\" source-port=\"40112\" destination-address=\"192.0.2.80\" destination-por\
                 t=\"80\" protocol-name=\"TCP\" service-name=\"SERVICE_IDP\" application-name=\"H\
                 TTP\" rule-name=\"3\" rulebase-name=\"IPS\" policy-name=\"Recommended\" export-i\
                 d=\"{n}\" repeat-count=\"0\" action=\"DROP\" threat-severity=\"HIGH\" attack-nam\
                 e=\"HTTP:EXAMPLE:TRAVERSAL\" nat-source-address=\"0.0.0.0\" nat-source-port=\"0\
                 \" nat-destination-address=\"192.0.2.81\" nat-destination-port=\"8080\" elapsed-\
                 time=\"0\" inbound-bytes=\"0\" outbound-bytes=\"0\" inbound-packets=\"0\" outbou\
                 nd-packets=\"0\" source-zone-name=\"untrust\" source-interface-name=\"reth1.24\" \
                 destination-zone-name=\"dmz\" destination-interface-name=\"reth2.21\" packet-log\
                 -id=\"0\" alert=\"no\" username=\"unknown-user\" roles=\"N/A\" message=\"-\"]"
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

/// What telling records apart costs where each line is one, grammars left aside.
#[divan::bench]
fn framing_of_single_lines(bencher: Bencher<'_, '_>) {
    let lines = (0..RECORDS).map(|n| eve("flow", n)).collect::<Vec<_>>();
    let bytes: usize = lines.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let mut records = Records::new(Choice::Auto);
        let alone =
            |line: &&String| records.offer(0, black_box(line.as_bytes()), false) == Offer::Alone;
        lines.iter().filter(alone).count()
    });
}

#[divan::bench]
fn ordinary_syslog(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            format!(
                "Sep  2 00:13:42 web1 sshd[{n}]: Failed password for root from 192.0.2.1 port 4{n}"
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

/// A kernel's firewall log as rsyslog writes it.
#[divan::bench]
fn netfilter_behind_a_header(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            format!(
                "Sep  2 00:13:42 gate kernel: [12345.678{n:03}] [UFW BLOCK] IN=eth0 OUT= MAC=02:00:5e\
                 :00:53:01:02:00:5e:00:53:02:08:00 SRC=203.0.113.9 DST=192.0.2.80 LEN=40 TOS=0x00 \
                 PREC=0x00 TTL=240 ID=54321 DF PROTO=TCP SPT=4{n} DPT=23 WINDOW=1024 RES=0x00 SYN \
                 URGP=0 "
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

/// Suricata's records in Docker's `json-file`.
#[divan::bench]
fn eve_in_dockers_log(bencher: Bencher<'_, '_>) {
    let escaped = |n| eve("alert", n).replace('\\', "\\\\").replace('"', "\\\"");
    let records = (0..RECORDS)
        .map(|n| {
            format!(
                "{{\"log\":\"{}\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-14T10:50:25.1Z\"}}",
                escaped(n)
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

fn eve(event_type: &str, n: usize) -> String {
    format!(
        "{{\"timestamp\":\"2026-03-14T10:50:25.823699+0000\",\"flow_id\":135792468013{n},\"in_ifac\
        e\":\"ens5\",\
         \"event_type\":\"{event_type}\",\"src_ip\":\"203.0.113.9\",\"src_port\":40112,\"dest_ip\"\
         :\"192.0.2.80\",\
         \"dest_port\":80,\"proto\":\"TCP\",\"tx_id\":0,\"alert\":{{\"action\":\"allowed\",\"gid\"\
         :1,\
         \"signature_id\":9000001,\"rev\":3,\"signature\":\"LOCAL path traversal in cgi-bin\",\"ca\
         tegory\":\
         \"Web Application Attack\",\"severity\":1,\"metadata\":{{\"created_at\":[\"2026_01_02\"],\
         \"signature_severity\":[\"Major\"]}}}},\"http\":{{\"hostname\":\"www.example.com\",\"ur\
         l\":\
         \"\\/cgi-bin\\/.%2e\\/%2e%2e\\/etc\\/passwd\",\"http_user_agent\":\"probe\\/1.0\",\"http_\
         content_type\":\
         \"text\\/html\",\"http_method\":\"GET\",\"protocol\":\"HTTP\\/1.1\",\"status\":400,\"leng\
         th\":226}},\
         \"app_proto\":\"http\",\"flow\":{{\"pkts_toserver\":4,\"pkts_toclient\":3,\"bytes_toserve\
         r\":512,\
         \"bytes_toclient\":1490,\"start\":\"2026-03-14T10:50:25.700000+0000\"}}}}"
    )
}

#[divan::bench]
fn modsecurity_in_apaches_log(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            format!(
                "[Sat Mar 14 10:50:25.009964 2026] [security2:error] [pid 2560:tid 140496349419264] [client \
                 203.0.113.9:{n}] [client 203.0.113.9] ModSecurity: Warning. Pattern match \"{}\" at ARGS:a. {} \
                 [hostname \"www.example.com\"] [uri \"/\"] [unique_id \"YVW7KjiKxXlACWj0fjsbkgAAAEk\"]",
                r"(?i)(?:\\x5c|(?:%(?:c(?:0%(?:[2aq]f|5c|9v)|1%(?:[19p]c|8s|af))".repeat(3),
                modsecurity_tags("\"")
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

#[divan::bench]
fn modsecurity_audit(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            let boundary = format!("--{:08x}-", n + 0x0a1b_2c3d);
            let message =
                format!("Message: Warning. Matched phrase \"a\" at ARGS:a. {}\n", modsecurity_tags("\""));
            format!(
                "{boundary}A--\n[14/Mar/2026:10:50:25 +0000] ZmwR5AebAO5-Tfs4FnXWuwAAigg 203.0.113.9 {n} \
                 192.0.2.80 80\n{boundary}B--\nPOST /?a=b HTTP/1.1\nHost: www.example.com\nUser-Agent: \
                 probe\n\n{boundary}C--\n{}\n{boundary}F--\nHTTP/1.1 403 Forbidden\n\n{boundary}H--\n{}\
                 Engine-Mode: \"ENABLED\"\n\n{boundary}Z--",
                "key=value&".repeat(100),
                message.repeat(3)
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

#[divan::bench]
fn modsecurity_audit_in_json(bencher: Bencher<'_, '_>) {
    let records = (0..RECORDS)
        .map(|n| {
            let message = format!("\"Warning. Matched phrase \\\"a\\\". {}\"", modsecurity_tags("\\\""));
            format!(
                "{{\"transaction\":{{\"time\":\"14/Mar/2026:10:50:25 +0000\",\"transaction_id\":\"Z{n}\",\
                 \"remote_address\":\"203.0.113.9\",\"remote_port\":43790}},\"request\":{{\"request_line\":\
                 \"GET /?a=b HTTP/1.1\",\"headers\":{{\"Host\":\"www.example.com\"}},\"body\":[\"{}\"]}},\
                 \"audit_data\":{{\"messages\":[{message},{message},{message}]}}}}",
                "key=value&".repeat(100)
            )
        })
        .collect::<Vec<_>>();
    read_all(bencher, &records);
}

fn modsecurity_tags(quote: &str) -> String {
    let tags = [
        ("file", "/usr/share/modsecurity-crs/rules/REQUEST-930-APPLICATION-ATTACK-LFI.conf"),
        ("line", "47"),
        ("id", "930100"),
        ("msg", "Path Traversal Attack (/../)"),
        ("data", "Matched Data: /../ found within REQUEST_URI_RAW: /?a=../../../../etc/passwd"),
        ("severity", "CRITICAL"),
        ("ver", "OWASP_CRS/3.3.0"),
        ("tag", "application-multi"),
        ("tag", "attack-lfi"),
        ("tag", "paranoia-level/1"),
        ("tag", "OWASP_CRS"),
        ("tag", "capec/1000/255/153/126"),
    ];
    tags.map(|(key, value)| format!("[{key} {quote}{value}{quote}]")).join(" ")
}
