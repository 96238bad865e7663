//! The command `billtest-verify`.

/// Requests end on other threads than they begin on; this allocator does not mind.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    billtest_cli::billtest_verify(std::env::args_os())
}
