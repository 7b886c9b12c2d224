//! Programs that do not outlive who started them.

use std::path::Path;
use std::process::Command;

/// A command for a program that the kernel asks to end when this thread has ended without.
pub fn mortal(program: &Path) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    if !setpriv.is_file() {
        return Command::new(program);
    }
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "TERM", "--"]).arg(program);
    command
}
