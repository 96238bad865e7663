//! The command `billtest`.

fn main() -> std::process::ExitCode {
    billtest_cli::billtest(std::env::args_os())
}
