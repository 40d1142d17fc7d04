//! The files in which installers write down what they did: lists of files, and who a package is.

use rustc_hash::FxHashSet;

/// The files of Python code that a `RECORD` lists, relative to the folder of all packages. Each line is CSV: path, hash, size; a path with a comma or a
/// quote in it stands in quotes, in which a quote is written twice (PEP 376).
pub(super) fn listed(record: &str) -> FxHashSet<String> {
    record.lines().filter_map(path).filter(|path| is_code(path)).collect()
}

/// The same of an `installed-files.txt`, one path a line, relative to the folder it lies in.
pub(super) fn listed_beside(installed_files: &str) -> FxHashSet<String> {
    let beside = installed_files.lines().filter_map(|line| line.trim().strip_prefix("../"));
    beside.filter(|path| is_code(path)).map(str::to_owned).collect()
}

fn path(line: &str) -> Option<String> {
    let Some(quoted) = line.strip_prefix('"') else {
        return line.split(',').next().filter(|path| !path.is_empty()).map(str::to_owned);
    };
    let mut path = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' if characters.clone().next() == Some('"') => {
                characters.next();
                path.push('"');
            }
            '"' => return Some(path),
            other => path.push(other),
        }
    }
    None
}

/// What a code object may say that it is from. Files beside them are most of what is listed, and of no use here.
fn is_code(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(ending, "py" | "pyc" | "pyw" | "pyx" | "pxd" | "pxi") && !path.contains("__pycache__/")
}

/// A field of `METADATA` or `PKG-INFO`: lines `Name: value`, up to the first empty one.
pub(super) fn field(metadata: &str, name: &str) -> Option<String> {
    let header = metadata.lines().take_while(|line| !line.is_empty());
    let value = header.filter_map(|line| line.split_once(':')).find(|(field, _)| field.eq_ignore_ascii_case(name));
    value.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Name and version in the name of a folder, `NAME-VERSION.dist-info` or `NAME-VERSION-py3.11.egg-info`; a `-` of the name itself is written `_`.
pub(super) fn name_and_version(stem: &str) -> (String, Option<String>) {
    let mut parts = stem.split('-');
    let name = parts.next().unwrap_or(stem).to_owned();
    (name, parts.next().filter(|version| !version.is_empty()).map(str::to_owned))
}

/// Whether `direct_url.json` (PEP 610) says that a package was installed from a folder of sources on this machine. Packages that conda built were, too,
/// on the machine of whoever built them.
pub(super) fn is_local(direct_url: &str, installer: Option<&str>) -> bool {
    let Ok(found) = serde_json::from_str::<serde_json::Value>(direct_url) else { return false };
    let from_file = found.get("url").and_then(|url| url.as_str()).is_some_and(|url| url.starts_with("file:"));
    let from_folder = found.get("dir_info").is_some_and(serde_json::Value::is_object);
    from_file && from_folder && installer.map(str::trim) != Some("conda")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_csv() {
        let record = "aiohttp/client.py,sha256=x,123\r\naiohttp/__pycache__/client.cpython-311.pyc,,\n\"odd, \"\"name\"\".py\",sha256=y,1\n\
                      aiohttp-3.9.1.dist-info/RECORD,,\nuvloop/loop.pyx,,\n../../../bin/tool,sha256=z,9\n\"never ends,,\n\n,,\n";
        let mut found: Vec<String> = listed(record).into_iter().collect();
        found.sort_unstable();
        assert_eq!(found, ["aiohttp/client.py", "odd, \"name\".py", "uvloop/loop.pyx"]);
    }

    #[test]
    fn lists_of_old_installers() {
        let found = listed_beside("../old/__init__.py\n../old/__pycache__/a.pyc\nPKG-INFO\n../old/data.txt\n");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["old/__init__.py"]);
    }

    #[test]
    fn fields_end_with_the_header() {
        let text =
            "Metadata-Version: 2.1\nName: Typing-Extensions\nversion:  4.8.0 \nSummary:\n\nName: other\nLicense: MIT\n";
        assert_eq!(field(text, "Name").as_deref(), Some("Typing-Extensions"));
        assert_eq!(field(text, "Version").as_deref(), Some("4.8.0"));
        assert_eq!((field(text, "Summary"), field(text, "License")), (None, None));
    }

    #[test]
    fn names_of_folders() {
        assert_eq!(name_and_version("aiohttp-3.9.1"), ("aiohttp".into(), Some("3.9.1".into())));
        assert_eq!(name_and_version("python_apt-2.6.0-py3.11"), ("python_apt".into(), Some("2.6.0".into())));
        assert_eq!(name_and_version("bare"), ("bare".into(), None));
        assert_eq!(name_and_version(""), (String::new(), None));
    }

    #[test]
    fn what_was_installed_from_a_folder_is_local() {
        let folder = r#"{"url": "file:///src/app", "dir_info": {}}"#;
        assert!(is_local(folder, None) && is_local(folder, Some("pip\n")));
        assert!(is_local(r#"{"url": "file:///src/app", "dir_info": {"editable": true}}"#, Some("uv")));
        assert!(!is_local(folder, Some("conda\n")), "built elsewhere");
        for other in [
            r#"{"url": "file:///wheels/app-1.0-py3-none-any.whl", "archive_info": {}}"#,
            r#"{"url": "https://example.org/app", "vcs_info": {"vcs": "git"}}"#,
            r#"{"url": 1, "dir_info": {}}"#,
            r#"{"dir_info": {}}"#,
            "[]",
            "",
        ] {
            assert!(!is_local(other, None), "{other}");
        }
    }
}
