//! Attribution in a made-up root, laid out as installers do.

use super::*;
use crate::report::BelongsTo::{Installed, Own, StandardLibrary, Unknown};
use std::cell::RefCell;
use std::fs;

const SITE: &str = "/srv/venv/lib/python3.11/site-packages";
const DEBIAN: &str = "/usr/lib/python3/dist-packages";
const USER: &str = "/home/me/.local/lib/python3.11/site-packages";

/// A root in a temporary folder, and what was read of it.
struct Root {
    folder: tempfile::TempDir,
    read: RefCell<Vec<String>>,
}

impl Root {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), read: RefCell::default() }
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A package as pip installs it, with these files.
    fn install(&self, site: &str, stem: &str, files: &[&str]) -> &Self {
        let record: String = files.iter().map(|file| format!("{file},sha256=abc,1\n")).collect();
        self.write(&format!("{site}/{stem}.dist-info/RECORD"), &format!("{record}{stem}.dist-info/RECORD,,\n"))
    }

    fn attributor() -> Attributor {
        Attributor::new(Folders {
            standard_library: Some("/usr/lib/python3.11".into()),
            search_path: ["/srv/app", "/usr/lib/python3.11", SITE, DEBIAN, USER, "/var/task"]
                .map(PathBuf::from)
                .to_vec(),
        })
    }

    /// Whose code a file is: as a word, with name and version of the package if there is one.
    fn whose(&self, file: &str) -> (BelongsTo, String) {
        told(&Self::attributor().of(Some(self), file))
    }
}

fn told(found: &Attribution) -> (BelongsTo, String) {
    let name = |found: &Distribution| format!("{} {}", found.name, found.version.as_deref().unwrap_or("?"));
    (found.belongs_to, found.distribution.as_ref().map(name).unwrap_or_default())
}

impl Files for Root {
    fn names(&self, folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join(folder.strip_prefix("/").unwrap()));
        let names = entries.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    fn text(&self, file: &Path, most: u64) -> Option<String> {
        self.read.borrow_mut().push(file.to_string_lossy().into_owned());
        let text = fs::read_to_string(self.folder.path().join(file.strip_prefix("/").unwrap())).ok()?;
        (text.len() as u64 <= most).then_some(text)
    }
}

fn is(belongs_to: BelongsTo, distribution: &str) -> (BelongsTo, String) {
    (belongs_to, distribution.to_owned())
}

#[test]
fn the_record_says_whose_a_file_is() {
    let root = Root::new();
    root.install(SITE, "aiohttp-3.9.1", &["aiohttp/client.py", "aiohttp/web.py"])
        .install(SITE, "PyYAML-6.0", &["yaml/__init__.py", "_yaml/__init__.py"])
        .install(SITE, "six-1.16.0", &["six.py"])
        .write(&format!("{SITE}/PyYAML-6.0.dist-info/METADATA"), "Name: PyYAML\nVersion: 6.0.1\n\nVersion: 7\n");
    for (file, distribution) in [
        ("aiohttp/client.py", "aiohttp 3.9.1"),
        ("six.py", "six 1.16.0"),
        ("yaml/__init__.py", "PyYAML 6.0.1"),
        // Put there by somebody else.
        ("aiohttp/patched.py", ""),
        ("loose.py", ""),
    ] {
        assert_eq!(root.whose(&format!("{SITE}/{file}")), is(Installed, distribution), "{file}");
    }
    // The user's own site, in which the same package has another version.
    root.install(USER, "aiohttp-3.8.0", &["aiohttp/client.py"]);
    assert_eq!(root.whose(&format!("{USER}/aiohttp/client.py")), is(Installed, "aiohttp 3.8.0"));
}

#[test]
fn packages_of_one_namespace_are_told_apart_by_their_records() {
    let root = Root::new();
    root.install(SITE, "google_cloud_storage-2.0", &["google/cloud/storage/client.py"])
        .install(SITE, "google_auth-1.0", &["google/auth/transport.py"])
        .write(&format!("{SITE}/google_auth-1.0.dist-info/top_level.txt"), "google\n")
        .write(&format!("{SITE}/google_cloud_storage-2.0.dist-info/top_level.txt"), "google\n");
    let storage = is(Installed, "google_cloud_storage 2.0");
    assert_eq!(root.whose(&format!("{SITE}/google/cloud/storage/client.py")), storage);
    assert_eq!(root.whose(&format!("{SITE}/google/auth/transport.py")), is(Installed, "google_auth 1.0"));
    assert_eq!(root.whose(&format!("{SITE}/google/other.py")), is(Installed, ""));
    // A part of the namespace that the program has itself.
    assert_eq!(root.whose("/srv/app/google/mine.py"), is(Own, ""));
}

#[test]
fn packages_without_a_record_are_told_by_name() {
    let root = Root::new();
    root.write(&format!("{DEBIAN}/PyYAML-6.0.egg-info/top_level.txt"), "_yaml\nyaml\n")
        .write(&format!("{DEBIAN}/PyYAML-6.0.egg-info/PKG-INFO"), "Name: PyYAML\nVersion: 6.0\n")
        .write(&format!("{DEBIAN}/python_apt-2.6.0.egg-info"), "Name: python-apt\n")
        .write(&format!("{DEBIAN}/aiohttp-3.8.4.dist-info/METADATA"), "Name: aiohttp\nVersion: 3.8.4\n");
    assert_eq!(root.whose(&format!("{DEBIAN}/yaml/loader.py")), is(Installed, "PyYAML 6.0"));
    assert_eq!(root.whose(&format!("{DEBIAN}/aiohttp/web.py")), is(Installed, "aiohttp 3.8.4"));
    assert_eq!(root.whose(&format!("{DEBIAN}/python_apt/x.py")), is(Installed, "python_apt 2.6.0"));
    assert_eq!(root.whose(&format!("{DEBIAN}/unheard_of/x.py")), is(Installed, ""));
    // Two that bring the same name: neither is told.
    root.write(&format!("{DEBIAN}/zope.event-4.egg-info/top_level.txt"), "zope\n")
        .write(&format!("{DEBIAN}/zope.interface-5.egg-info/top_level.txt"), "zope\n");
    assert_eq!(root.whose(&format!("{DEBIAN}/zope/event/x.py")), is(Installed, ""));
    // Lists of older installers, and eggs.
    root.write(&format!("{SITE}/old-1.0-py3.8.egg-info/installed-files.txt"), "../ancient/__init__.py\nPKG-INFO\n");
    assert_eq!(root.whose(&format!("{SITE}/ancient/__init__.py")), is(Installed, "old 1.0"));
    assert_eq!(root.whose(&format!("{SITE}/old/__init__.py")), is(Installed, ""), "it is not in the list");
    assert_eq!(root.whose(&format!("{SITE}/egged-0.3-py3.8.egg/egged/a.py")), is(Installed, "egged 0.3"));
}

#[test]
fn what_is_installed_in_place_is_the_programs_own() {
    let root = Root::new();
    // pip: a finder in `site-packages`, the code where its sources are.
    root.install(SITE, "shop-0.1", &["__editable___shop_0_1_finder.py", "__editable__.shop-0.1.pth"])
        .write(
            &format!("{SITE}/shop-0.1.dist-info/direct_url.json"),
            r#"{"dir_info": {"editable": true}, "url": "file:///srv/app"}"#,
        )
        // What `setup.py develop` leaves beside the sources.
        .write("/srv/app/shop.egg-info/top_level.txt", "shop\n")
        .write(&format!("{SITE}/easy-install.pth"), "/srv/app\n");
    assert_eq!(root.whose("/srv/app/shop/cart.py"), is(Own, ""));
    assert_eq!(root.whose("/srv/app/main.py"), is(Own, ""));
    assert_eq!(root.whose(&format!("{SITE}/__editable___shop_0_1_finder.py")), is(Own, "shop 0.1"));
}

#[test]
fn what_was_installed_from_a_folder_of_sources_is_the_programs_own() {
    let root = Root::new();
    let direct = |stem: &str| format!("{SITE}/{stem}.dist-info/direct_url.json");
    root.install(SITE, "shop-0.1", &["shop/cart.py"])
        .write(&direct("shop-0.1"), r#"{"dir_info": {}, "url": "file:///build"}"#)
        .install(SITE, "wheeled-0.1", &["wheeled/a.py"])
        .write(&direct("wheeled-0.1"), r#"{"archive_info": {}, "url": "file:///wheels/wheeled-0.1-py3-none-any.whl"}"#)
        .install(SITE, "condas-0.1", &["condas/a.py"])
        .write(&direct("condas-0.1"), r#"{"dir_info": {}, "url": "file:///home/conda/feedstock_root/work"}"#)
        .write(&format!("{SITE}/condas-0.1.dist-info/INSTALLER"), "conda\n");
    assert_eq!(root.whose(&format!("{SITE}/shop/cart.py")), is(Own, "shop 0.1"));
    assert_eq!(root.whose(&format!("{SITE}/wheeled/a.py")), is(Installed, "wheeled 0.1"));
    assert_eq!(root.whose(&format!("{SITE}/condas/a.py")), is(Installed, "condas 0.1"));
}

#[test]
fn a_folder_of_the_programs_own_may_hold_packages_too() {
    let root = Root::new();
    // `pip install --target /var/task`, beside the program.
    root.install("/var/task", "httpx-0.27.0", &["httpx/_client.py"]).write("/var/task/handler.py", "");
    assert_eq!(root.whose("/var/task/httpx/_client.py"), is(Installed, "httpx 0.27.0"));
    assert_eq!(root.whose("/var/task/handler.py"), is(Own, ""));
    // A folder that no module is searched in.
    root.install("/opt/other", "httpx-0.27.0", &["httpx/_client.py"]);
    assert_eq!(root.whose("/opt/other/httpx/_client.py"), is(Own, ""));
}

#[test]
fn the_standard_library_is_where_os_is() {
    let root = Root::new();
    for (file, expected) in [
        ("/usr/lib/python3.11/asyncio/queues.py", StandardLibrary),
        ("<frozen importlib._bootstrap>", StandardLibrary),
        ("/usr/lib/python3.11/site-packages/x.py", Installed),
        ("/usr/lib/python3.11x/a.py", Own),
        ("/usr/lib/python3.12/asyncio/queues.py", Own),
        ("/srv/site-packages", Own),
        ("<string>", Own),
        ("<stdin>", Own),
        ("<ipython-input-3-0f>", Own),
        ("script", Own),
        ("app.py", Own),
        ("./pkg/app.py", Own),
        ("", Unknown),
    ] {
        assert_eq!(root.whose(file), is(expected, ""), "{file}");
    }
    let nowhere = &mut Attributor::default();
    assert_eq!(told(&nowhere.of(None, "/usr/lib/python3.11/asyncio/queues.py")), is(Own, ""));
    assert_eq!(told(&nowhere.of(None, &format!("{SITE}/aiohttp/web.py"))), is(Installed, ""));
}

#[test]
fn cython_names_files_as_its_builder_had_them() {
    let root = Root::new();
    root.install(SITE, "uvloop-0.19.0", &["uvloop/loop.pyx", "uvloop/__init__.py"]);
    assert_eq!(root.whose("uvloop/loop.pyx"), is(Installed, "uvloop 0.19.0"));
    assert_eq!(root.whose("elsewhere/fast.pyx"), is(Unknown, ""));
    assert_eq!(root.whose("uvloop/__init__.py"), is(Own, ""), "a script may well be called so");
}

#[test]
fn of_many_packages_one_list_is_read_and_each_once() {
    let root = Root::new();
    for number in 0..50 {
        root.install(SITE, &format!("other_{number}-1.0"), &[&format!("other_{number}/a.py")]);
    }
    root.install(SITE, "aiohttp-3.9.1", &["aiohttp/client.py", "aiohttp/web.py"]);
    let mut attributor = Root::attributor();
    for file in ["aiohttp/client.py", "aiohttp/web.py", "aiohttp/client.py"] {
        assert_eq!(told(&attributor.of(Some(&root), &format!("{SITE}/{file}"))), is(Installed, "aiohttp 3.9.1"));
    }
    let records = |root: &Root| root.read.borrow().iter().filter(|file| file.ends_with("RECORD")).count();
    assert_eq!(records(&root), 1);
    for _ in 0..2 {
        assert_eq!(told(&attributor.of(Some(&root), &format!("{SITE}/loose.py"))), is(Installed, ""));
        assert_eq!(told(&attributor.of(Some(&root), &format!("{SITE}/looser.py"))), is(Installed, ""));
    }
    assert_eq!(records(&root), 51);
}

#[test]
fn what_lies_there_in_bad_faith_does_no_harm() {
    let root = Root::new();
    root.write(&format!("{SITE}/.dist-info/RECORD"), "\"\n,,\n\u{0}\n")
        .write(&format!("{SITE}/-.dist-info/RECORD"), "")
        .write(&format!("{SITE}/big-1.dist-info/RECORD"), &"big/a.py,,\n".repeat(1 << 20))
        .write(&format!("{SITE}/big-1.dist-info/direct_url.json"), &"[".repeat(100_000));
    assert_eq!(root.whose(&format!("{SITE}/x/../y.py")), is(Installed, ""));
    // Its list is too long to be read: then its name counts.
    assert_eq!(root.whose(&format!("{SITE}/big/a.py")), is(Installed, "big 1"));
    assert_eq!(root.whose("/"), is(Own, ""));
    assert_eq!(root.whose("//"), is(Own, ""));
}
