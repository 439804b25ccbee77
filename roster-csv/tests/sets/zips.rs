//! Zips, and their traps.

use std::{fs, io::Cursor};

use roster_core::{ErrorKind, codes};
use roster_testkit::district::OneRosterVersion;
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::making::{district, entries, folder, pull, refused, zipped};

#[tokio::test]
async fn a_zip_is_read_as_a_folder_is() {
    let files = district(OneRosterVersion::V1_1);
    let plain = pull(folder(&files).path()).await.unwrap();
    let parent = TempDir::new().unwrap();
    let inside: Vec<_> = entries(&files).map(|(name, bytes)| (format!("export/{name}"), bytes)).collect();
    let litter =
        [("__MACOSX/._users.csv", &b"junk"[..]), ("export/.DS_Store", b"junk"), ("readme.pdf", b"junk")];
    let named = inside.iter().map(|(name, bytes)| (name.as_str(), *bytes)).chain(litter);
    for (name, bytes) in [("flat.zip", zipped(entries(&files))), ("nested", zipped(named))] {
        let path = parent.path().join(name);
        fs::write(&path, bytes).unwrap();
        let roster = pull(&path).await.unwrap();
        assert!(roster.people == plain.people && roster.enrollments == plain.enrollments, "{name}");
    }
    // A zip that lies alone in a folder stands for the folder.
    let alone = TempDir::new().unwrap();
    fs::write(alone.path().join("district.zip"), zipped(entries(&files))).unwrap();
    assert!(pull(alone.path()).await.unwrap().classes == plain.classes);
}

#[tokio::test]
async fn a_zip_inside_a_zip_is_told_and_not_opened() {
    let files = district(OneRosterVersion::V1_1);
    let inner = zipped(entries(&files));
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("district.zip");
    fs::write(&path, zipped(entries(&files).chain([("more.zip", inner.as_slice())]))).unwrap();
    let roster = pull(&path).await.unwrap();
    let ignored = roster.problems.iter().find(|problem| problem.code == codes::IGNORED_FILE).unwrap();
    assert!(ignored.message.contains("zip inside a zip"), "{}", ignored.message);
}

#[tokio::test]
async fn a_zip_with_a_trap_is_refused() {
    let files = district(OneRosterVersion::V1_1);
    let users = files["users.csv"].as_slice();
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("trap.zip");
    let traps = ["../users.csv", "a/../../users.csv", "/etc/users.csv", "..\\users.csv", "C:\\users.csv"];
    for trap in traps {
        fs::write(&path, zipped(entries(&files).chain([(trap, users)]))).unwrap();
        let (kind, message) = refused(&path).await;
        assert_eq!(kind, ErrorKind::Decode, "{trap}");
        assert!(message.contains("leads out of the zip"), "{message}");
    }
    fs::write(&path, zipped(entries(&files).chain([("USERS.csv", users)]))).unwrap();
    assert_eq!(refused(&path).await.0, ErrorKind::Decode);
    let damaged = zipped(entries(&files));
    fs::write(&path, &damaged[..damaged.len() / 2]).unwrap();
    assert_eq!(refused(&path).await.0, ErrorKind::Decode);
}

#[tokio::test]
async fn a_link_in_a_zip_is_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("users.csv", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("link.zip");
    fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
    let (kind, message) = refused(&path).await;
    assert_eq!(kind, ErrorKind::Decode);
    assert!(message.contains("a link"), "{message}");
}

#[tokio::test]
async fn a_zip_bomb_is_stopped() {
    let mut files = district(OneRosterVersion::V1_1);
    files.get_mut("enrollments.csv").unwrap().extend(vec![b' '; 20 << 20]);
    let parent = TempDir::new().unwrap();
    let path = parent.path().join("bomb.zip");
    fs::write(&path, zipped(entries(&files))).unwrap();
    let (kind, message) = refused(&path).await;
    assert_eq!(kind, ErrorKind::TooLarge);
    assert!(message.contains("expand"), "{message}");
}
