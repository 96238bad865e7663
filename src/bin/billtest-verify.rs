//! The command `billtest-verify`.

fn main() -> std::process::ExitCode {
    billtest_cli::billtest_verify(std::env::args_os())
}
