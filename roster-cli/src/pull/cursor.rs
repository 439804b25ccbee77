//! Cursor files.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use roster::Cursor;
use serde_json::error::Category;

use crate::{outcome::Failure, private_file::PrivateFile};

const LIMIT: u64 = 64 * 1024 * 1024;

/// Reads a cursor, as [`write()`] wrote it.
pub(super) fn read(path: &Path) -> Result<Cursor, Failure> {
    let name = path.display();
    let refuse = |why: String| {
        Err(Failure::usage(
            "reading the cursor file",
            format!(
                "--changes {name}: {why}; give a file that --cursor-out wrote, or pull without --changes"
            ),
        ))
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return refuse(error.to_string()),
    };
    serde_json::from_reader(BufReader::new(file.take(LIMIT))).or_else(|error| {
        // The parser's own message may quote the file.
        let what = match error.classify() {
            Category::Io => return refuse(format!("it can't be read ({:?})", error.io_error_kind())),
            Category::Syntax => "it is not JSON",
            Category::Data => "it is no cursor",
            Category::Eof => "it breaks off, or is too large",
        };
        refuse(format!("{what} (line {}, column {})", error.line(), error.column()))
    })
}

/// Writes a cursor and puts the file in its place.
pub(super) fn write(file: PrivateFile, cursor: &Cursor) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    serde_json::to_writer(&mut writer, cursor)?;
    writer.write_all(b"\n")?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.commit()
}
