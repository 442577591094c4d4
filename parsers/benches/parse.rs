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
