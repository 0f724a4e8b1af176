//! The descendants of hinit when it is not PID 1, read from /proc: kill(-1)
//! would also signal processes outside the container.

use crate::sys::{Pid, procfs};

/// All living descendants of `ancestor`, parents before children.
///
/// Empty without /proc.
pub(super) fn of(ancestor: Pid) -> Vec<Pid> {
    let parent = |pid| procfs::stat(pid).ok().map(|stat| stat.parent);
    let parents: Vec<(Pid, Pid)> = procfs::pids().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    below(ancestor, &parents)
}

fn below(ancestor: Pid, parents: &[(Pid, Pid)]) -> Vec<Pid> {
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = parents.iter().filter(|(pid, of)| *of == parent && !found.contains(pid));
        let children: Vec<Pid> = children.map(|(pid, _)| *pid).collect();
        found.extend(children);
        next += 1;
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn finds_a_child_whose_name_is_no_text() {
        use std::os::unix::ffi::OsStringExt;
        let named = std::env::temp_dir().join(format!("hinit-name-{}", std::process::id()));
        let mut named = named.into_os_string().into_vec();
        let (directory, file) = (named.clone(), b"/\xff\xfe");
        named.extend(file);
        let [directory, named] = [directory, named].map(std::ffi::OsString::from_vec);
        fs::create_dir(&directory).unwrap();
        fs::copy(fs::canonicalize("/bin/sleep").unwrap(), &named).unwrap();
        let mut child = std::process::Command::new(&named).arg("600").spawn().unwrap();
        let pid = Pid::try_from(child.id()).unwrap();
        let found = of(crate::sys::process::own_pid()).contains(&pid);
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_dir_all(directory).unwrap();
        assert!(found);
    }

    #[test]
    fn finds_all_descendants_and_nobody_else() {
        let parents = [(2, 1), (3, 2), (4, 3), (5, 1), (6, 9), (9, 6), (2, 2)];
        assert_eq!(below(2, &parents), [3, 4]);
        assert_eq!(below(1, &parents), [2, 5, 3, 4]);
        assert!(below(7, &parents).is_empty());
    }
}
