//! Which processes there are, and who descends from whom.

use std::collections::{HashMap, HashSet};
use std::{fs, io};

use super::Pid;
use super::procfs::Stat;

/// All processes that `/proc` shows us, by number. Some may have ended already.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn all_processes() -> io::Result<Vec<Pid>> {
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        pids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<Pid>().ok()));
    }
    pids.sort_unstable();
    Ok(pids)
}

/// The command line of a process, word by word; its short name in brackets if it has none.
#[must_use]
pub fn command(pid: Pid) -> Vec<String> {
    let words = super::target::cmdline(pid);
    if words.is_empty() {
        return Stat::read(pid).map(|stat| vec![format!("[{}]", stat.comm)]).unwrap_or_default();
    }
    words
}

/// All generations of children of a process, without itself; parents before their children.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn descendants(pid: Pid) -> io::Result<Vec<Pid>> {
    let parents = all_processes()?.into_iter().filter_map(|child| {
        let parent = Stat::read(child).ok()?.parent;
        Some((child, Pid::new(parent)?))
    });
    Ok(generations(pid, parents))
}

fn generations(root: Pid, parents: impl Iterator<Item = (Pid, Pid)>) -> Vec<Pid> {
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for (child, parent) in parents {
        children.entry(parent).or_default().push(child);
    }
    // The pairs are not of one moment: a pid that was given away in between can close a circle.
    let mut seen = HashSet::from([root]);
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        found.extend(children.remove(&parent).unwrap_or_default().into_iter().filter(|&child| seen.insert(child)));
    }
    found.remove(0);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(root: i32, pairs: &[(i32, i32)]) -> Vec<i32> {
        let pid = |number| Pid::new(number).expect("positive");
        let pairs = pairs.iter().map(|&(child, parent)| (pid(child), pid(parent)));
        generations(pid(root), pairs).into_iter().map(Pid::get).collect()
    }

    #[test]
    fn all_generations_and_nobody_else() {
        let pairs = [(2, 1), (3, 1), (4, 2), (5, 4), (6, 3), (9, 8), (8, 7)];
        assert_eq!(tree(1, &pairs), [2, 3, 4, 6, 5]);
        assert_eq!(tree(2, &pairs), [4, 5]);
        assert_eq!(tree(5, &pairs), [] as [i32; 0]);
        assert_eq!(tree(77, &pairs), [] as [i32; 0]);
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(tree(1, &[(2, 1), (3, 2), (2, 3), (1, 3), (1, 1)]), [2, 3]);
    }

    #[test]
    fn we_are_among_all_processes_and_below_our_parent() {
        let all = all_processes().expect("/proc");
        assert!(all.is_sorted() && all.contains(&Pid::own()));
        let parent = Pid::new(nix::unistd::getppid().as_raw()).expect("we have a parent");
        assert!(descendants(parent).expect("/proc").contains(&Pid::own()));
        assert_eq!(command(Pid::own()).first().map(String::as_str), std::env::args().next().as_deref());
    }
}
