//! The program: arguments, a command, an exit status.

fn main() -> std::process::ExitCode {
    ipsbell::cli::main()
}
