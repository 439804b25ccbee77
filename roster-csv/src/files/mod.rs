//! Where the bytes come from: a folder, a zip, or one file. Everything here blocks, and runs on the reader's thread.

mod archive;
mod folder;

use std::{
    collections::BTreeMap,
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
    time::SystemTime,
};

use roster_core::{Error, ErrorKind, Problem, Result, codes, jiff::Timestamp};

use crate::{limits::Limits, source::PROVIDER};

pub(crate) const OPENING: &str = "opening the files";
pub(crate) const READING: &str = "reading a file";

/// The files of a set, by name. They can be opened as often as needed.
pub(crate) struct FileSet {
    place: Place,
    names: Vec<String>,
    /// What is to be said of files that are there and not a part of the set.
    pub(crate) problems: Vec<Problem>,
    limits: Limits,
    /// How large each file turned out to be. Some are read more than once, and count once.
    sizes: BTreeMap<String, u64>,
}

enum Place {
    Folder(folder::Folder),
    Archive(archive::Archive),
}

/// What a file looked like before it was read: a file that is still being written changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl FileSet {
    /// Lists the files of a folder, of a zip (also of one that lies alone in a folder), or the one file.
    pub(crate) fn open(path: &Path, limits: Limits) -> Result<Self> {
        let metadata = std::fs::metadata(path).map_err(|error| cannot_open(path, &error))?;
        let mut set = Self {
            place: Place::Folder(folder::Folder::default()),
            names: Vec::new(),
            problems: Vec::new(),
            limits,
            sizes: BTreeMap::new(),
        };
        if metadata.is_dir() {
            let listed = folder::Folder::list(path, limits.files)?;
            match listed.lone_zip() {
                Some(zip) => set.open_archive(&zip)?,
                None => set.take_folder(listed),
            }
        } else if !metadata.is_file() {
            let message = format!("{} is neither a folder nor a file", path.display());
            return Err(Error::new(ErrorKind::Config, PROVIDER, OPENING, message));
        } else if is_zip(path)? {
            set.open_archive(path)?;
        } else {
            set.take_folder(folder::Folder::of_file(path));
        }
        Ok(set)
    }

    fn take_folder(&mut self, folder: folder::Folder) {
        self.names = folder.names();
        self.problems.extend(folder.strangers().map(|name| ignored(name, "it is no text file")));
        self.place = Place::Folder(folder);
    }

    fn open_archive(&mut self, path: &Path) -> Result<()> {
        let archive = archive::Archive::open(path, &self.limits)?;
        self.names = archive.names();
        self.problems.extend(archive.strangers().map(|(name, why)| ignored(name, why)));
        self.place = Place::Archive(archive);
        Ok(())
    }

    /// The names of the files that may belong to the set, sorted.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// When the newest file was changed.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        let newest = match &self.place {
            Place::Folder(folder) => folder.paths().filter_map(modified).max(),
            Place::Archive(archive) => archive.modified,
        };
        newest.and_then(|time| Timestamp::try_from(time).ok())
    }

    /// How large a file is, as far as the place says so: a hint, since the file may grow and a zip may lie.
    pub(crate) fn size(&mut self, name: &str) -> u64 {
        match &mut self.place {
            Place::Folder(folder) => {
                folder.path(name).and_then(|path| std::fs::metadata(path).ok()).map_or(0, |m| m.len())
            }
            Place::Archive(archive) => archive.size(name),
        }
    }

    /// Reads a file, piece by piece, into `each`; ends early if that says so (`false`).
    pub(crate) fn read(&mut self, name: &str, each: impl FnMut(&[u8]) -> bool) -> Result<()> {
        self.read_into(name, &mut Pieces { piece: vec![0; PIECE], each })
    }

    /// Reads a file into where its bytes are needed.
    pub(crate) fn read_into(&mut self, name: &str, sink: &mut dyn Sink) -> Result<()> {
        let others: u64 = self.sizes.iter().filter(|(other, _)| *other != name).map(|(_, size)| size).sum();
        let limit = self.limits.file_bytes.min(self.limits.total_bytes.saturating_sub(others));
        let mut size = 0;
        let result = match &mut self.place {
            Place::Folder(folder) => {
                let path = folder.path(name).ok_or_else(|| no_such_file(name))?;
                let mut file = File::open(path).map_err(|error| cannot_read(name, &error))?;
                let stamp = |file: &File| file.metadata().map(|metadata| Stamp::of(&metadata)).ok();
                let before = stamp(&file);
                pump(&mut file, name, limit, &mut size, sink).and_then(|whole| {
                    if whole && before != stamp(&file) { Err(unstable(name)) } else { Ok(()) }
                })
            }
            Place::Archive(archive) => archive.read(name, others, self.limits.expansion, |entry| {
                pump(entry, name, limit, &mut size, sink).map(|_| ())
            }),
        };
        let known = self.sizes.entry(name.to_owned()).or_default();
        *known = size.max(*known);
        result
    }

    /// The first bytes of a file, at most `length`.
    pub(crate) fn head(&mut self, name: &str, length: usize) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        self.read(name, |piece| {
            let room = length.saturating_sub(head.len());
            head.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or(piece));
            head.len() < length
        })?;
        Ok(head)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

/// How much is read at a time. Between 64 KiB and 1 MiB the size does not matter.
pub(crate) const PIECE: usize = 128 << 10;

/// Where the bytes of a file go.
pub(crate) trait Sink {
    /// Room for the next bytes. Asked for once a piece.
    fn room(&mut self) -> &mut [u8];

    /// Takes in the first `count` bytes of that room. `false` if it has enough.
    fn take(&mut self, count: usize) -> bool;
}

/// Shows each piece to a function.
struct Pieces<F> {
    piece: Vec<u8>,
    each: F,
}

impl<F: FnMut(&[u8]) -> bool> Sink for Pieces<F> {
    fn room(&mut self) -> &mut [u8] {
        &mut self.piece
    }

    fn take(&mut self, count: usize) -> bool {
        (self.each)(self.piece.get(..count).unwrap_or(&[]))
    }
}

/// Reads to the end, or until the sink has enough; counts in `size`. Returns whether the end was reached.
fn pump(from: &mut dyn Read, name: &str, limit: u64, size: &mut u64, sink: &mut dyn Sink) -> Result<bool> {
    // The first piece has the whole byte order mark, if there is one, however little an entry of a zip gives at first.
    let mut least = 4;
    loop {
        let count = read_some(from, sink.room(), least).map_err(|error| cannot_read(name, &error))?;
        least = 1;
        if count == 0 {
            return Ok(true);
        }
        *size += count as u64;
        if *size > limit {
            return Err(too_large(name, limit));
        }
        if !sink.take(count) {
            return Ok(false);
        }
    }
}

/// Reads what is there, but at least so many bytes unless there are fewer, however often a signal gets in the way.
fn read_some(from: &mut dyn Read, room: &mut [u8], least: usize) -> io::Result<usize> {
    let mut count = 0;
    while count < least {
        match from.read(room.get_mut(count..).unwrap_or(&mut [])) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Whether the file begins as a zip does, whatever its name.
fn is_zip(path: &Path) -> Result<bool> {
    let mut magic = [0; 4];
    let file = File::open(path).map_err(|error| cannot_open(path, &error))?;
    let mut head = file.take(4);
    let mut filled = 0;
    while let Some(rest) = magic.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match head.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) => return Err(cannot_open(path, &error)),
        }
    }
    // `PK\x05\x06` is a zip without entries.
    Ok(magic == *b"PK\x03\x04" || magic == *b"PK\x05\x06")
}

/// Whether a name is one that a file of a set may have.
fn is_text_name(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or("");
    extension.eq_ignore_ascii_case("csv") || extension.eq_ignore_ascii_case("txt")
}

/// What systems leave behind in folders and zips, and nobody wants to hear of.
fn is_litter(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/")
        || base.starts_with('.')
        || ["desktop.ini", "thumbs.db"].iter().any(|litter| base.eq_ignore_ascii_case(litter))
}

fn ignored(name: &str, why: &str) -> Problem {
    Problem::warning(codes::IGNORED_FILE, format!("{name} was not read: {why}"))
        .at(roster_core::Place::File { file: name.into(), line: 1, record: 0 })
}

fn cannot_open(path: &Path, error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory => {
            ErrorKind::Config
        }
        _ => ErrorKind::Transport,
    };
    Error::new(kind, PROVIDER, OPENING, format!("can't open {}: {}", path.display(), reason(error)))
}

/// The class of an error in plain words. Its own text may quote what was read.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read by this user".to_owned(),
        kind => kind.to_string(),
    }
}

fn cannot_read(name: &str, error: &io::Error) -> Error {
    // What the zip's own checks say of a damaged entry.
    if matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    ) {
        let message = format!("{name} is damaged; have it sent again");
        return Error::new(ErrorKind::Decode, PROVIDER, READING, message);
    }
    Error::new(ErrorKind::Transport, PROVIDER, READING, format!("can't read {name}: {}", reason(error)))
}

fn no_such_file(name: &str) -> Error {
    Error::new(ErrorKind::Unstable, PROVIDER, READING, format!("{name} is no longer there; try again"))
}

fn unstable(name: &str) -> Error {
    let message =
        format!("{name} changed while it was read; wait until it is written to the end and try again");
    Error::new(ErrorKind::Unstable, PROVIDER, READING, message)
}

fn too_large(name: &str, limit: u64) -> Error {
    let message =
        format!("{name} takes the set over {limit} bytes; raise the limit if it really is a roster");
    Error::new(ErrorKind::TooLarge, PROVIDER, READING, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(buffer.get_mut(..count).unwrap_or(&mut []))
        }
    }

    #[test]
    fn a_byte_order_mark_comes_whole_however_little_is_given_at_a_time() {
        for text in ["\u{feff}id,name\n", "ab", ""] {
            let (mut size, mut pieces) = (0, Vec::new());
            let each = |piece: &[u8]| {
                pieces.push(piece.to_vec());
                true
            };
            let mut sink = Pieces { piece: vec![0; PIECE], each };
            assert!(pump(&mut Trickle(text.as_bytes()), "a.csv", 100, &mut size, &mut sink).unwrap());
            assert_eq!((pieces.concat(), size), (text.as_bytes().to_vec(), text.len() as u64));
            assert!(pieces.first().is_none_or(|first| first.len() == text.len().min(4)));
        }
    }
}
