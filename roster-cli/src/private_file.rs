//! Files that hold pupils' data.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A file that nobody else may read, and that is there whole or not at all.
///
/// It is written beside its place under another name, and takes its place in [`commit`](Self::commit); dropped before, it is
/// removed, and what was there stays. What is no regular file, such as a pipe, is written as it is.
pub(crate) struct PrivateFile {
    file: File,
    moves: Option<Moves>,
}

struct Moves {
    from: PathBuf,
    to: PathBuf,
}

impl PrivateFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let to = match fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if there.is_file() => path.canonicalize()?,
            Ok(_) => {
                let file = OpenOptions::new().write(true).open(path)?;
                return Ok(Self { file, moves: None });
            }
            Err(_) => path.to_owned(),
        };
        let name = to.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
        for attempt in 0..16 {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{attempt}.part", std::process::id()));
            let from = to.with_file_name(hidden);
            match open_new(&from) {
                Ok(file) => {
                    let moves = Some(Moves { from, to });
                    return Ok(Self { file, moves });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }

    /// Puts it in its place, once it is on the disk.
    pub(crate) fn commit(mut self) -> io::Result<()> {
        let Some(moves) = &self.moves else {
            return self.file.flush();
        };
        self.file.sync_all()?;
        fs::rename(&moves.from, &moves.to)?;
        self.moves = None;
        Ok(())
    }
}

fn open_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Write for PrivateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if let Some(moves) = &self.moves
            && let Err(error) = fs::remove_file(&moves.from)
        {
            tracing::warn!(%error, "a half-written file could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn it_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "old").unwrap();

        let mut file = PrivateFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        drop(file);
        assert_eq!(fs::metadata(&path).unwrap().len(), 3);
        assert_eq!(names(folder.path()), ["out"]);

        let mut file = PrivateFile::create(&path).unwrap();
        file.write_all(b"newer").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 5);
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "open to all").unwrap();
        PrivateFile::create(&path).unwrap().commit().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_as_they_are() {
        PrivateFile::create(Path::new("/dev/null")).unwrap().commit().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(PrivateFile::create(Path::new("/")).is_err());
    }
}
