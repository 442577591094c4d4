//! What can happen in a life: to the log, to the agent, to its disk, to Slack. Lives are drawn from a seed.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The longest life.
const ACTIONS_MAX: usize = 80;

/// One thing that happens. What makes no sense at the time, as a start of what runs, does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Whole lines, of a rule of their own.
    Write(u8),
    /// A line without its end, and its end.
    WriteHalf,
    WriteRest,
    /// The log gets another name. `create`: an empty file takes its place at once. The writer keeps its descriptor.
    Rotate {
        create: bool,
    },
    /// The writer lets go of the renamed file and opens the log.
    Reopen,
    /// The log is copied, so many lines are written, and the log is cut off in place.
    CopyTruncate {
        between: u8,
    },
    /// The newest rotated file that is not yet compressed becomes one that is.
    Compress(Packing),
    DeleteOldest,
    DeleteLog,
    /// Another file, with so many lines, gets the log's name.
    Replace(u8),
    /// Time passes: so many milliseconds.
    Rest(u8),
    /// A running agent gets the time to store all that it can.
    Settle,
    Start,
    /// SIGKILL.
    Kill,
    /// SIGTERM.
    Stop,
    /// SIGHUP.
    Reload,
    /// SIGSTOP and SIGCONT.
    Pause,
    Continue,
    /// No byte can be written to any file, and again it can.
    FillDisk,
    FreeDisk,
    Slack(Weather),
}

/// How Slack is, until it is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Well,
    /// Closes each connection.
    Down,
    /// 429 to everything.
    Limited,
    /// Reads and does not answer.
    Hangs,
    /// Takes the next post, and the answer is lost; then well.
    LosesAnswer,
    /// 500 to the next post; then well.
    Fails,
}

/// What a rotated file is compressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Xz,
    Zstd,
}

/// How rotated files are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// `.1` is the newest; older ones move up.
    Shifted,
    /// By the day.
    Dated,
    /// `.1` is the oldest.
    Upwards,
}

/// All that happens, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) naming: Naming,
    pub(super) actions: Vec<Action>,
}

impl Life {
    /// The life of this seed: always the same one.
    pub(super) fn of(seed: u64) -> Self {
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().zip(seed.to_le_bytes()) {
            *place = byte;
        }
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), random);
        let actions = proptest::collection::vec(action(), ACTIONS_MAX / 2..=ACTIONS_MAX);
        let (naming, actions) = (naming(), actions).new_tree(&mut runner).unwrap().current();
        Self { naming, actions }
    }
}

fn naming() -> impl Strategy<Value = Naming> {
    prop_oneof![4 => Just(Naming::Shifted), 2 => Just(Naming::Dated), 1 => Just(Naming::Upwards)]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        20 => to_the_log(),
        6 => to_time(),
        9 => to_the_agent(),
        3 => weather().prop_map(Action::Slack),
    ]
}

fn to_the_log() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => (1_u8..20).prop_map(Action::Write),
        2 => Just(Action::WriteHalf),
        2 => Just(Action::WriteRest),
        3 => any::<bool>().prop_map(|create| Action::Rotate { create }),
        3 => Just(Action::Reopen),
        2 => (0_u8..4).prop_map(|between| Action::CopyTruncate { between }),
        2 => packing().prop_map(Action::Compress),
        1 => Just(Action::DeleteOldest),
        1 => Just(Action::DeleteLog),
        1 => (0_u8..4).prop_map(Action::Replace),
    ]
}

fn packing() -> impl Strategy<Value = Packing> {
    prop_oneof![Just(Packing::Gzip), Just(Packing::Xz), Just(Packing::Zstd)]
}

fn to_time() -> impl Strategy<Value = Action> {
    prop_oneof![4 => (0_u8..40).prop_map(Action::Rest), 1 => Just(Action::Settle)]
}

fn to_the_agent() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => Just(Action::Start),
        2 => Just(Action::Kill),
        1 => Just(Action::Stop),
        1 => Just(Action::Reload),
        1 => Just(Action::Pause),
        2 => Just(Action::Continue),
        1 => Just(Action::FillDisk),
        2 => Just(Action::FreeDisk),
    ]
}

fn weather() -> impl Strategy<Value = Weather> {
    prop_oneof![
        4 => Just(Weather::Well),
        1 => Just(Weather::Down),
        1 => Just(Weather::Limited),
        1 => Just(Weather::Hangs),
        2 => Just(Weather::LosesAnswer),
        1 => Just(Weather::Fails),
    ]
}
