//! The real logrotate(8), in the ways that it is used: the log is rotated again and again while it is written, beside the
//! running agent and while the agent is stopped. No alert is missing, none is stored twice.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ipsbell::fake_slack::FakeSlack;

use crate::numbered::{EVE, Writer, wait_for_all};
use crate::support::{Place, program, wait_for};

/// Rotations beside a running agent; numbers move from `.1` to `.5`.
const ROTATIONS: u32 = 5;

/// Alerts between two of them.
const ALERTS: u32 = 1_500;

/// A writer notices after so many at the latest that its log has another name.
const LATE: u32 = 200;

/// Rotations while the agent is stopped.
const MISSED: u32 = 3;

/// Directives of a way to rotate; the writer of one that truncates keeps its file.
#[derive(Clone, Copy)]
struct Way {
    directives: &'static str,
    truncates: bool,
}

const CREATE: Way = Way { directives: "create", truncates: false };
const COMPRESS: Way = Way { directives: "create\ncompress", truncates: false };
const DELAYED: Way = Way { directives: "create\ncompress\ndelaycompress", truncates: false };
// The date alone would allow one rotation a day.
const DATED: Way = Way { directives: "create\ndateext\ndateformat -%Y%m%d-%s", truncates: false };
const DATED_DELAYED: Way = Way {
    directives: "create\ndateext\ndateformat -%Y%m%d-%s\ncompress\ndelaycompress",
    truncates: false,
};
const COPY: Way = Way { directives: "copytruncate", truncates: true };
const COPY_COMPRESS: Way = Way { directives: "copytruncate\ncompress", truncates: true };
const COPY_DELAYED: Way =
    Way { directives: "copytruncate\ncompress\ndelaycompress", truncates: true };

impl Way {
    fn compresses(self) -> bool {
        self.directives.contains("compress")
    }
}

/// logrotate with a configuration and a state of its own.
struct Logrotate<'a> {
    program: PathBuf,
    place: &'a Place,
    way: Way,
}

impl<'a> Logrotate<'a> {
    fn new(program: PathBuf, place: &'a Place, way: Way) -> Self {
        let text = format!("{:?} {{\nrotate 100\n{}\n}}\n", place.log(), way.directives);
        std::fs::write(place.path("logrotate.conf"), text).unwrap();
        Self { program, place, way }
    }

    /// Rotates now. With dates in names, in a second in which it has not been done yet.
    fn rotate(&self) {
        let names = || std::fs::read_dir(self.place.path(".")).unwrap().count();
        let before = names();
        wait_for("logrotate to rotate", || {
            let output = Command::new(&self.program)
                .arg("-f")
                .arg("-s")
                .arg(self.place.path("logrotate.state"))
                .arg(self.place.path("logrotate.conf"))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let again = self.way.directives.contains("dateext") && said.contains("already exists");
            assert!(again || output.status.success(), "logrotate: {said}");
            (names() > before).then_some(())
        });
    }
}

/// One way, beside the running agent.
fn check_running(name: &str, way: Way) {
    let Some(program) = program(name, "logrotate") else { return };
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let logrotate = Logrotate::new(program, &place, way);
    // What is written between logrotate's copy and its truncation is lost by logrotate itself: that writer waits.
    let turn = Mutex::new(());
    let (written, allowed) = (AtomicU32::new(0), AtomicU32::new(2 * ALERTS));
    let mut writer = Writer::open(&place.log(), EVE);
    let total = ALERTS * (ROTATIONS + 1);
    let agent = place.run();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while writer.written < total {
                wait_for("leave to write more", || {
                    (writer.written < allowed.load(Ordering::Acquire)).then_some(())
                });
                let _turn = turn.lock().unwrap();
                writer.write(50);
                written.store(writer.written, Ordering::Release);
                // It notices late: some alerts go into the file that is renamed already.
                if writer.written.is_multiple_of(LATE) {
                    writer.reopen();
                }
                std::thread::park_timeout(Duration::from_millis(1));
            }
        });
        // What was rotated before the first look of the agent's life was never its log.
        place.wait_for_account("the first alerts", |account| account.stored > 0);
        let mut before = 0;
        for rotation in 1..=ROTATIONS {
            wait_for("the writer", || {
                (written.load(Ordering::Acquire) >= rotation * ALERTS).then_some(())
            });
            if way.truncates || way.compresses() {
                // What was cut off or compressed before a byte of it was read is not found again.
                let seen = u64::from(before + LATE);
                place.wait_for_account("some of the last file", |account| account.stored > seen);
            }
            let _turn = way.truncates.then(|| turn.lock().unwrap());
            if way.truncates && way.compresses() {
                // Nor is the end of it, once its copy is compressed as well.
                let all = u64::from(written.load(Ordering::Acquire));
                place.wait_for_account("all of the last file", |account| account.stored == all);
            }
            before = written.load(Ordering::Acquire);
            logrotate.rotate();
            allowed.fetch_add(ALERTS, Ordering::Release);
        }
    });
    wait_for_all(&place, total, EVE);
    assert_eq!(agent.stop(), 0);
}

/// One way, while the agent is stopped; then it runs, and is stopped for more.
fn check_stopped(name: &str, way: Way) {
    let Some(program) = program(name, "logrotate") else { return };
    let slack = FakeSlack::start().unwrap();
    let place = Place::new(&slack);
    let logrotate = Logrotate::new(program, &place, way);
    let mut writer = Writer::open(&place.log(), EVE);
    for _ in 0..2 {
        let agent = place.run();
        writer.write(200);
        let read = u64::from(writer.written);
        place.wait_for_account("what is written", |account| account.stored >= read);
        assert_eq!(agent.stop(), 0);
        for missed in 0..MISSED {
            writer.write(100 + missed);
            logrotate.rotate();
            writer.reopen();
        }
        writer.write(70);
    }
    let agent = place.run();
    wait_for_all(&place, writer.written, EVE);
    assert_eq!(agent.stop(), 0);
}

/// A test for each way, so that they run beside each other.
macro_rules! ways {
    ($check:ident: $($name:ident $way:expr;)*) => {
        $(#[test] fn $name() { $check(stringify!($name), $way); })*
    };
}

ways! { check_running:
    logrotate_create_beside_the_agent CREATE;
    logrotate_compress_beside_the_agent COMPRESS;
    logrotate_delaycompress_beside_the_agent DELAYED;
    logrotate_dateext_beside_the_agent DATED;
    logrotate_dateext_delaycompress_beside_the_agent DATED_DELAYED;
    logrotate_copytruncate_beside_the_agent COPY;
    logrotate_copytruncate_compress_beside_the_agent COPY_COMPRESS;
}

ways! { check_stopped:
    logrotate_create_while_stopped CREATE;
    logrotate_dateext_while_stopped DATED;
    logrotate_copytruncate_while_stopped COPY;
    logrotate_delaycompress_while_stopped DELAYED;
    logrotate_compress_while_stopped COMPRESS;
    logrotate_dateext_delaycompress_while_stopped DATED_DELAYED;
    logrotate_copytruncate_compress_while_stopped COPY_COMPRESS;
    logrotate_copytruncate_delaycompress_while_stopped COPY_DELAYED;
}
