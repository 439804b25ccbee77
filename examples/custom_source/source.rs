//! A roster source over one JSON file, in four lists: `schools`, `classes`, `people` and `seats`. Copy it to begin your own.

use std::{collections::HashMap, collections::HashSet, fmt, fs::File, io, io::Read, path::PathBuf, sync::Arc, thread};

use futures::{StreamExt, TryStreamExt, channel::oneshot, stream};
use roster::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

const PROVIDER: &str = "json_file";
const READING: &str = "reading the file";
/// The file is read as one page: this bounds what is held of it.
const LIMIT: u64 = 16 << 20;
/// The kinds, each with its list in the file. Classes come first and people last, since scope is told in that order.
const LISTS: [(EntityKind, &str); 4] = [
    (EntityKind::Org, "schools"),
    (EntityKind::Class, "classes"),
    (EntityKind::Enrollment, "seats"),
    (EntityKind::Person, "people"),
];

type Open = dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync;

/// One tenant's roster. Nothing is opened before a pull is polled.
#[derive(Clone)]
pub(crate) struct JsonSource {
    tenant: String,
    open: Arc<Open>,
}

impl JsonSource {
    pub(crate) fn of_file(tenant: &str, path: PathBuf) -> Self {
        Self::new(tenant, move || Ok(Box::new(File::open(&path)?)))
    }

    pub(crate) fn new(
        tenant: &str,
        open: impl Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> Self {
        let (tenant, open) = (tenant.to_owned(), Arc::new(open));
        Self { tenant, open }
    }

    /// Reads on a thread, since files block. A reader that panics drops the sender, and is an error like any other.
    async fn read(&self) -> Result<Document> {
        let (sender, receiver) = oneshot::channel();
        let open = Arc::clone(&self.open);
        let read = move || {
            let mut bytes = Vec::new();
            io::copy(&mut open()?.take(LIMIT + 1), &mut bytes).map(|_| bytes)
        };
        thread::spawn(move || drop(sender.send(read())));
        let bytes = receiver.await.map_err(|_| error(ErrorKind::Transport, "the reader died"))?;
        let bytes = bytes.map_err(|e| error(ErrorKind::Transport, format!("it can't be read: {}", e.kind())))?;
        if bytes.len() as u64 > LIMIT {
            return Err(error(ErrorKind::TooLarge, format!("it has more than {LIMIT} bytes")));
        }
        // The parser's own message may quote the file: line and column will do.
        let lists = serde_json::from_slice(&bytes).map_err(|e| {
            error(ErrorKind::Decode, format!("it is no roster: line {}, column {}", e.line(), e.column()))
        })?;
        Ok(Document { lists, hash: format!("{:032x}", xxh3_128(&bytes)) })
    }
}
