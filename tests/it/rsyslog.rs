//! The real rsyslogd(8) writes the log: alerts of Snort and in CEF, each behind a syslog header of rsyslog's making, in a
//! file that is rotated under it and opened again upon HUP, as logrotate does it. No alert is missing, none stored twice.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ipsbell::fake_slack::FakeSlack;

use crate::numbered::{Form, wait_for_all};
use crate::support::{Options, Place, program, wait_for};

/// Rotations beside the agent, and then while it is stopped.
const ROTATIONS: u32 = 3;

/// Alerts between two of them.
const ALERTS: u32 = 400;

/// Snort's `alert_fast`, forwarded line by line, as rsyslog's own imfile does it.
const SNORT: Form = Form {
    line: |number| {
        let (rule, port) = (1_000_000 + number % 20, number);
        let stamp = ipsbell::clock::now().strftime("%m/%d-%H:%M:%S.%6f");
        format!(
            "snort: {stamp} [**] [1:{rule}:3] \"Probe number {rule}\" [**] [Classification: \
             Attempted Information Leak] [Priority: 2] {{TCP}} 203.0.113.7:{port} -> \
             198.51.100.20:443"
        )
    },
    number: |raw| number_between(raw, "203.0.113.7:", " ->"),
};

/// A gateway that speaks CEF.
const CEF: Form = Form {
    line: |number| {
        let rule = 500 + number % 20;
        format!(
            "gateway: CEF:0|Example|Gateway|1.0|{rule}|Probe number {rule}|7|src=203.0.113.7 \
             dst=198.51.100.20 spt={number} dpt=443 proto=TCP act=blocked"
        )
    },
    number: |raw| number_between(raw, "spt=", " "),
};

fn number_between(raw: &[u8], before: &str, after: &str) -> Option<u32> {
    let text = std::str::from_utf8(raw).ok()?;
    text.split_once(before)?.1.split(after).next()?.parse().ok()
}

/// rsyslogd in the foreground with a configuration, a socket and a work directory of its own. Ended when it is dropped.
struct Rsyslog {
    child: Child,
    socket: UnixDatagram,
}

impl Rsyslog {
    /// Writes what comes to `log`, with this one of its own templates.
    fn start(program: &Path, place: &Place, log: &Path, template: &str) -> Self {
        let at = place.path("log.socket");
        let text = format!(
            "global(workDirectory={:?})\n\
             module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
             input(type=\"imuxsock\" Socket={at:?} CreatePath=\"off\" RateLimit.Interval=\"0\")\n\
             action(type=\"omfile\" file={log:?} template={template:?})\n",
            place.path("."),
        );
        let configuration = place.path("rsyslog.conf");
        std::fs::write(&configuration, text).unwrap();
        let child = Command::new(program)
            .arg("-n")
            .args([Path::new("-f"), &configuration, Path::new("-i"), &place.path("rsyslog.pid")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(place.path("rsyslog.log")).unwrap())
            .spawn()
            .unwrap();
        let socket = UnixDatagram::unbound().unwrap();
        wait_for("rsyslogd's socket", || socket.connect(&at).ok());
        Self { child, socket }
    }

    /// Sends it an alert as a program on this machine does; a full socket makes it wait.
    fn send(&self, line: &str) {
        // local0.notice, stamped by RFC 3164 §4.1.2.
        let stamp = ipsbell::clock::now().strftime("%b %e %H:%M:%S");
        self.socket.send(format!("<133>{stamp} {line}").as_bytes()).unwrap();
    }

    /// Tells it to open its files again.
    fn reopen(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Renames as logrotate does, `.1` being the newest, and has the daemon open its log again.
fn rotate(rsyslog: &Rsyslog, log: &Path, rotated: u32) {
    let name = |number: u32| PathBuf::from(format!("{}.{number}", log.display()));
    for number in (1..=rotated).rev() {
        std::fs::rename(name(number), name(number + 1)).unwrap();
    }
    std::fs::rename(log, name(1)).unwrap();
    rsyslog.reopen();
    wait_for("rsyslogd to open its log again", || {
        // It does so when there is something to write.
        rsyslog.send("test: a line that is no alert");
        log.exists().then_some(())
    });
}

fn check(name: &str, form: Form, template: &str) {
    let Some(program) = program(name, "rsyslogd") else { return };
    let slack = FakeSlack::start().unwrap();
    let source = "start_at = \"beginning\"".into();
    let place = Place::with(&slack, Options { source, ..Options::default() });
    let log = place.log();
    let rsyslog = Rsyslog::start(&program, &place, &log, template);
    let mut sent = 0;
    let mut send = |count: u32| {
        for number in sent..sent + count {
            rsyslog.send(&(form.line)(number));
        }
        sent += count;
        sent
    };
    let agent = place.run();
    for rotation in 0..ROTATIONS {
        let all = u64::from(send(ALERTS));
        place.wait_for_account("what was sent", |account| account.stored >= all / 2);
        rotate(&rsyslog, &log, rotation);
    }
    let all = u64::from(send(ALERTS));
    place.wait_for_account("what was sent", |account| account.stored == all);
    assert_eq!(agent.stop(), 0);
    for rotation in ROTATIONS..2 * ROTATIONS {
        send(ALERTS);
        rotate(&rsyslog, &log, rotation);
    }
    let all = send(ALERTS);
    let agent = place.run();
    wait_for_all(&place, all, form);
    assert_eq!(agent.stop(), 0);
}

#[test]
fn snort_through_rsyslog_with_its_traditional_header() {
    check("snort_through_rsyslog", SNORT, "RSYSLOG_TraditionalFileFormat");
}

#[test]
fn snort_through_rsyslog_with_precise_stamps() {
    check("snort_through_rsyslog", SNORT, "RSYSLOG_FileFormat");
}

#[test]
fn cef_through_rsyslog_with_the_header_of_rfc_5424() {
    check("cef_through_rsyslog", CEF, "RSYSLOG_SyslogProtocol23Format");
}
