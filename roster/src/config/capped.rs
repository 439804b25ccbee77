//! Reads small files whole, with a limit.

use std::{fs::File, io::Read, path::Path};

use roster_core::Result;

use super::wrong;

/// Reads at most `limit` bytes of text. `name` says in messages which file it is.
#[expect(clippy::disallowed_methods, reason = "the read is capped by `take`")]
pub(super) fn read(path: &Path, limit: u64, name: &str) -> Result<String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error| wrong(format!("{name} can't be read: {error}")))?;
    if bytes.len() as u64 > limit {
        return Err(wrong(format!("{name} is larger than {limit} bytes, which is the limit")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        wrong(format!("{name} is not UTF-8 at byte {at}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_no_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(read(&path, 3, "it").unwrap(), "abc");
        assert!(read(&path, 2, "it").unwrap_err().message().contains("2 bytes"));
        std::fs::write(&path, b"a\xff").unwrap();
        assert_eq!(read(&path, 3, "it").unwrap_err().message(), "it is not UTF-8 at byte 1");
    }
}
