//! What the tests share.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use ipsbell::fake_slack::FakeSlack;
use ipsbell::store::{Account, View};

/// Nothing that a test waits for takes longer, or it has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Are the tests to be tried whole, which takes long, or in little?
pub(crate) fn is_whole() -> bool {
    std::env::var_os("IPSBELL_CAMPAIGN").is_some()
}

/// A directory with a configuration, a log and a store in it.
pub(crate) struct Place {
    directory: tempfile::TempDir,
    options: Options,
}

/// What differs between the tests' configurations.
#[derive(Clone)]
pub(crate) struct Options {
    /// Lines for the `[[source]]`.
    pub(crate) source: String,
    /// Lines for the `[[destination]]`.
    pub(crate) destination: String,
    /// Whole sections.
    pub(crate) more: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            source: "start_at = \"beginning\"".into(),
            destination: "pace = \"20ms\"\nrepeat_every = \"1s\"".into(),
            more: String::new(),
        }
    }
}

/// A running agent, killed when it is dropped.
pub(crate) struct Agent {
    child: Option<Child>,
    log: PathBuf,
}

impl Place {
    pub(crate) fn new(slack: &FakeSlack) -> Self {
        Self::with(slack, Options::default())
    }

    pub(crate) fn with(slack: &FakeSlack, options: Options) -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap(), options };
        place.configure(&slack.url());
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path("eve.json")
    }

    /// The directory as text.
    pub(crate) fn text(&self) -> &str {
        self.directory.path().to_str().unwrap()
    }

    /// Copies all there is into a directory below the one that `IPSBELL_KEEP` names, for somebody to look at.
    pub(crate) fn keep(&self) {
        if let Some(to) = std::env::var_os("IPSBELL_KEEP") {
            drop(Command::new("cp").arg("-a").arg(self.directory.path()).arg(to).status());
        }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// Writes the configuration for this hook.
    pub(crate) fn configure(&self, url: &str) {
        secret(&self.path("soc.url"), url);
        let text = format!(
            "[agent]\nhost = \"sensor-1\"\nstate_dir = {:?}\n\n[[source]]\npaths = [{:?}]\n{}\n\n\
             [[destination]]\nname = \"soc\"\ntype = \"slack\"\nurl_file = {:?}\n{}\n\n{}\n",
            self.state(),
            self.log(),
            self.options.source,
            self.path("soc.url"),
            self.options.destination,
            self.options.more,
        );
        fs::write(self.path("config.toml"), text).unwrap();
    }

    /// `ipsbell ARGUMENTS --config ...`, to its end.
    pub(crate) fn ipsbell(&self, arguments: &[&str]) -> Output {
        let config = self.path("config.toml");
        ipsbell().args(arguments).arg("--config").arg(config).output().unwrap()
    }

    /// The agent, in the background.
    pub(crate) fn run(&self) -> Agent {
        self.run_by(&mut ipsbell())
    }

    /// The same, by a command that was prepared for it.
    pub(crate) fn run_by(&self, ipsbell: &mut Command) -> Agent {
        self.run_as(ipsbell, self.agent_log())
    }

    /// The same, for a process that may be forbidden to write files: it gets an error for it, and no signal. Its log comes
    /// through a pipe, so that it is seen all the same.
    pub(crate) fn run_without_file_signal(&self) -> Agent {
        let program = ipsbell();
        let mut command = Command::new("sh");
        command.arg("-c").arg("trap '' XFSZ; exec \"$0\" \"$@\"").arg(program.get_program());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut agent = self.run_as(&mut command, Stdio::piped());
        let mut pipe = agent.child.as_mut().unwrap().stderr.take().unwrap();
        let mut log = self.agent_log();
        std::thread::spawn(move || std::io::copy(&mut pipe, &mut log));
        agent
    }

    fn agent_log(&self) -> File {
        OpenOptions::new().append(true).create(true).open(self.path("agent.log")).unwrap()
    }

    fn run_as(&self, command: &mut Command, log: impl Into<Stdio>) -> Agent {
        let child = command
            .arg("run")
            .arg("--config")
            .arg(self.path("config.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Agent { child: Some(child), log: self.path("agent.log") }
    }

    /// The agent, when it listens to signals.
    pub(crate) fn run_to_signals(&self) -> Agent {
        let starts = |agent: &Agent| agent.log().matches(" runs. ").count();
        let log = fs::read_to_string(self.path("agent.log")).unwrap_or_default();
        let before = log.matches(" runs. ").count();
        let agent = self.run();
        wait_for("the agent to run", || (starts(&agent) > before).then_some(()));
        agent
    }

    pub(crate) fn append(&self, lines: &[String]) {
        append(&self.log(), lines);
    }

    /// The account of the destination that every configuration has, from the ledger.
    pub(crate) fn account(&self) -> Option<Account> {
        self.account_of("soc")
    }

    /// The account of a destination, from the ledger.
    pub(crate) fn account_of(&self, destination: &str) -> Option<Account> {
        let view = View::open(&self.state(), "sensor-1").ok()?;
        let destinations = view.destinations().ok()?;
        destinations.iter().find(|each| each.name == destination).map(|each| each.account)
    }

    /// Waits until so many events are stored, and gives the account then.
    pub(crate) fn wait_for_account(
        &self,
        what: &str,
        wanted: impl Fn(&Account) -> bool,
    ) -> Account {
        wait_for(what, || self.account().filter(&wanted))
    }
}

impl Agent {
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let status =
            Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(status.unwrap().success());
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(mut self) {
        self.signal("KILL");
        self.child.take().unwrap().wait().unwrap();
    }

    /// Ends it as systemd does; its exit status.
    pub(crate) fn stop(mut self) -> i32 {
        self.signal("TERM");
        self.wait()
    }

    /// Its exit status if it has ended; 128 and the signal where one ended it.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt as _;
        let status = self.child.as_mut()?.try_wait().unwrap()?;
        Some(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()))
    }

    /// Waits for its end; its exit status.
    pub(crate) fn wait(&mut self) -> i32 {
        let mut child = self.child.take().unwrap();
        let status = wait_for("the agent's end", || child.try_wait().unwrap());
        status.code().unwrap_or(-1)
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until its log holds this.
    pub(crate) fn wait_for_log(&self, text: &str) {
        wait_for(&format!("`{text}` in the agent's log"), || {
            self.log().contains(text).then_some(())
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep();
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
        if std::thread::panicking() {
            eprintln!("--- the agent's log\n{}", self.log());
        }
    }
}

pub(crate) fn ipsbell() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ipsbell"));
    command.env("NO_COLOR", "1").env_remove("JOURNAL_STREAM");
    for proxy in
        ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    {
        command.env_remove(proxy);
    }
    command
}

/// Asks again and again, with short rests, until there is an answer; it is the answer that ends the wait.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begin.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Where a program of the system is, or a line that says that this test cannot do without it.
pub(crate) fn program(test: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Daemons are where not every user looks.
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let found = std::env::split_paths(&path).chain(more).map(|directory| directory.join(name));
    let found = found.into_iter().find(|program| program.is_file());
    if found.is_none() {
        eprintln!("SKIPPED {test}: {name} is not installed");
    }
    found
}

pub(crate) fn append(path: &Path, lines: &[String]) {
    let mut text = lines.join("\n");
    text.push('\n');
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// A file that only its owner reads.
pub(crate) fn secret(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// An eve.json alert of this rule; `number` makes each one another.
pub(crate) fn alert(rule: u32, number: u32) -> String {
    let (a, b) = (number / 250 % 250, number % 250);
    format!(
        r#"{{"timestamp":"{}","flow_id":{number},"in_iface":"ens192","event_type":"alert","src_ip":"203.0.{a}.{b}","src_port":40000,"dest_ip":"198.51.100.20","dest_port":443,"proto":"TCP","alert":{{"action":"blocked","gid":1,"signature_id":{rule},"rev":1,"signature":"Probe number {rule}","category":"Attempted Information Leak","severity":2}}}}"#,
        stamp()
    )
}

/// Alerts `from..to` of a rule.
pub(crate) fn alerts(rule: u32, numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|number| alert(rule, number)).collect()
}

/// Now, as Suricata writes it.
pub(crate) fn stamp() -> String {
    ipsbell::clock::now().strftime("%Y-%m-%dT%H:%M:%S.%6f+0000").to_string()
}
