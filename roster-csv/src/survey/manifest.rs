//! `manifest.csv`, read whole.

use roster_core::{Problem, Result, codes, decode};
use roster_oneroster::csv::{MANIFEST, Manifest};

use super::{
    head::{HEAD, not_text},
    of_file,
};
use crate::{
    files::FileSet,
    limits::Limits,
    rows::{Batch, Scanner},
    text::sniff,
};

/// What the manifest says, if there is one.
pub(super) fn read_manifest(
    files: &mut FileSet,
    limits: &Limits,
    problems: &mut Vec<Problem>,
) -> Result<Option<Manifest>> {
    let Some(name) = files.names().iter().find(|name| name.eq_ignore_ascii_case(MANIFEST)).cloned() else {
        return Ok(None);
    };
    let bytes = files.head(&name, HEAD)?;
    let mut manifest = Manifest::default();
    let mut batch = Batch::default();
    let mut scanner = Scanner::new(limits.row_bytes);
    let mut more = not_text(&bytes).is_none();
    let sniffed = sniff(&bytes, limits.row_bytes);
    scanner.split_at(sniffed.form.delimiter);
    let mut text = sniffed.text.as_slice();
    while more {
        more = scanner.scan(text, true, 1000, &mut batch);
        text = &[];
        for mark in (0..batch.len()).filter_map(|index| batch.row(index)) {
            manifest.add(decode::trim(batch.cell(mark, 0)), decode::trim(batch.cell(mark, 1)));
        }
    }
    if manifest == Manifest::default() {
        let problem = Problem::warning(codes::BAD_MANIFEST, "the manifest says nothing that can be read");
        problems.push(of_file(problem, &name));
    }
    Ok(Some(manifest))
}
