//! The memory limit that the process lives under, if it is in a cgroup that has one.
//!
//! Version 2: `/proc/self/cgroup` says `0::/path`, the limit is in `memory.max` there, and in every
//! directory above, of which the least holds. Version 1: a line with the controller `memory`, and
//! `memory.limit_in_bytes`. What is not there, or cannot be read, is no limit.

use std::fs;
use std::path::Path;

/// Version 1 writes "no limit" as a number of pages that no machine has.
const HUGE: u64 = 1 << 60;

/// What the cgroup leaves to a heap of `heap` bytes and its growth: nine tenths of its limit, without
/// what the process needs apart from the heap.
pub(super) fn room_for(heap: u64) -> Option<u64> {
    let limit = limit(Path::new("/"))?;
    let others = resident().saturating_sub(heap);
    Some((limit / 10 * 9).saturating_sub(others))
}

/// The least limit on the way from the process's cgroup up, in bytes. `root` is where the file system
/// begins.
fn limit(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let limits = groups.lines().filter_map(|line| {
        // hierarchy : controllers : path
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (mount, file) = if controllers.is_empty() {
            ("sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|c| c == "memory") {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            return None;
        };
        let mount = root.join(mount);
        let group = mount.join(path.trim_start_matches('/'));
        // In a container the path may be one outside of it: then the mount is the group itself.
        let ways = group.ancestors().take_while(|at| at.starts_with(&mount));
        ways.filter_map(|at| read(&at.join(file))).min()
    });
    limits.min()
}

/// A number of bytes; `max` is none.
fn read(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.trim().parse().ok().filter(|bytes| *bytes < HUGE)
}

/// The process's memory, in bytes; 0 if that is not to be known.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| {
            let mut words = text.split_whitespace();
            words.nth(1)?.parse::<u64>().ok()
        });
    // SAFETY: asks for a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.unwrap_or(0) * u64::try_from(page).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A file system of these files; gone when dropped.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, files: &[(&str, &str)]) -> Tree {
            let root = std::env::temp_dir().join(format!("gompa-gc-{}-{name}", std::process::id()));
            for (file, text) in files {
                let file = root.join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            Tree(root)
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn version_2() {
        let tree = Tree::new(
            "v2",
            &[
                ("proc/self/cgroup", "0::/outer/inner\n"),
                ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
                ("sys/fs/cgroup/outer/memory.max", "1073741824\n"),
            ],
        );
        assert_eq!(limit(&tree.0), Some(1 << 30));
        fs::write(
            tree.0.join("sys/fs/cgroup/outer/inner/memory.max"),
            "4096\n",
        )
        .unwrap();
        assert_eq!(limit(&tree.0), Some(4096));
    }

    #[test]
    fn version_1() {
        let groups = "12:cpu,cpuacct:/a\n5:memory:/docker/b\n0::/elsewhere\n";
        let none = "9223372036854771712\n";
        let tree = Tree::new(
            "v1",
            &[
                ("proc/self/cgroup", groups),
                ("sys/fs/cgroup/memory/docker/b/memory.limit_in_bytes", none),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", none),
            ],
        );
        assert_eq!(limit(&tree.0), None);
        // A container, which sees its own group as the mount.
        let tree = Tree::new(
            "v1c",
            &[
                ("proc/self/cgroup", groups),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n"),
            ],
        );
        assert_eq!(limit(&tree.0), Some(512 << 20));
    }

    #[test]
    fn nothing_there() {
        assert_eq!(limit(&Tree::new("none", &[]).0), None);
        let odd = Tree::new("odd", &[("proc/self/cgroup", "what\n0::\n::\n:\n")]);
        assert_eq!(limit(&odd.0), None);
        assert!(resident() > 0);
    }
}
