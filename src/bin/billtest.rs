//! The command `billtest`.

/// The mock provider makes many small things on one thread and drops them on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    billtest_cli::billtest(std::env::args_os())
}
