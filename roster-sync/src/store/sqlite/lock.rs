//! Who writes a roster: one, of all threads and processes.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

use super::{connect::unusable, fault::Worked};

/// The rosters that sessions of this process have, by lock file.
static HELD: Mutex<BTreeMap<PathBuf, Holder>> = Mutex::new(BTreeMap::new());
static FREED: Condvar = Condvar::new();
static HOLDERS: AtomicU64 = AtomicU64::new(0);

/// How long to wait for a session that was dropped and is still taking back what it wrote.
const LEAVING: Duration = Duration::from_secs(120);
/// Somebody who looks whether a roster is held touches its lock for a moment.
const GLANCES: u32 = 10;
const GLANCE: Duration = Duration::from_millis(10);

#[derive(Clone, Copy)]
struct Holder {
    number: u64,
    /// It was dropped; its thread ends.
    leaving: bool,
}

/// Who wants a roster's lock.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    path: PathBuf,
    number: u64,
}

/// What a session holds of its lock while its thread holds the lock itself. Once it is dropped, who comes next waits until
/// the thread has ended.
#[derive(Debug)]
pub(super) struct Hold(Claim);

/// A roster's lock. It ends with the process too: the system takes it off.
#[derive(Debug)]
pub(super) struct RosterLock {
    path: PathBuf,
    number: u64,
    file: Option<File>,
}

/// The lock file of a roster, beside the database. The name may hold anything, so it is hashed.
pub(super) fn lock_path(database: &Path, roster: &str) -> PathBuf {
    let mut folder = database.as_os_str().to_owned();
    folder.push("-locks");
    let hash = Sha256::digest(roster.as_bytes());
    let mut name = String::with_capacity(40);
    for byte in hash.iter().take(16) {
        // Writing to a string can't fail.
        write!(name, "{byte:02x}").unwrap_or_default();
    }
    PathBuf::from(folder).join(name + ".lock")
}

impl Claim {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, number: HOLDERS.fetch_add(1, Ordering::Relaxed) }
    }

    /// The session's part of it.
    pub(super) fn hold(&self) -> Hold {
        Hold(self.clone())
    }

    /// Takes the lock; `None` if somebody has it. Blocks for a moment at most, except where a session of this process is
    /// just leaving.
    pub(super) fn take(&self) -> Worked<Option<RosterLock>> {
        if !self.enter() {
            return Ok(None);
        }
        // From here on a drop gives the place free.
        let mut lock = RosterLock { path: self.path.clone(), number: self.number, file: None };
        let file = open(&self.path)?;
        for _ in 0..GLANCES {
            match file.try_lock() {
                Ok(()) => {
                    lock.file = Some(file);
                    return Ok(Some(lock));
                }
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(GLANCE),
                Err(TryLockError::Error(error)) => {
                    return Err(unusable(
                        &self.path,
                        "the file system has no locks; keep the store on a local disk",
                        &error,
                    ));
                }
            }
        }
        Ok(None)
    }

    /// Waits until nobody of this process leaves, and takes the place if nobody has it.
    fn enter(&self) -> bool {
        let until = Instant::now() + LEAVING;
        let mut held = held();
        loop {
            match held.get(&self.path) {
                None => break,
                Some(holder) if !holder.leaving => return false,
                Some(_) => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            held = FREED.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        held.insert(self.path.clone(), Holder { number: self.number, leaving: false });
        true
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Claim { path, number } = &self.0;
        if let Some(holder) = held().get_mut(path).filter(|holder| holder.number == *number) {
            holder.leaving = true;
        }
    }
}

impl Drop for RosterLock {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            drop(file.unlock());
        }
        let mut held = held();
        if held.get(&self.path).is_some_and(|holder| holder.number == self.number) {
            held.remove(&self.path);
        }
        drop(held);
        FREED.notify_all();
    }
}

/// Whether somebody has the roster, in whatever process.
pub(super) fn is_held(path: &Path) -> bool {
    if let Some(holder) = held().get(path) {
        return !holder.leaving;
    }
    let Ok(file) = File::open(path) else { return false };
    let is_locked = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    drop(file.unlock());
    is_locked
}

fn held() -> MutexGuard<'static, BTreeMap<PathBuf, Holder>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(path: &Path) -> Worked<File> {
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(unusable(folder, "the folder for locks can't be made", &error));
            }
            _ => {}
        }
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| unusable(path, "the lock can't be made", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_and_a_drop_gives_it_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = lock_path(&folder.path().join("r.db"), "../\u{1F393}/'\"");
        let claim = Claim::new(path.clone());
        let lock = claim.take().unwrap().unwrap();
        assert!(is_held(&path));
        assert!(Claim::new(path.clone()).take().unwrap().is_none());
        assert!(is_held(&path), "who was refused takes nothing away");
        drop(claim.hold());
        assert!(!is_held(&path), "who leaves does not count");
        drop(lock);
        assert!(Claim::new(path).take().unwrap().is_some());
    }

    #[test]
    fn who_comes_while_another_leaves_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = lock_path(&folder.path().join("r.db"), "r");
        let claim = Claim::new(path.clone());
        let lock = claim.take().unwrap().unwrap();
        drop(claim.hold());
        std::thread::scope(|scope| {
            let next = scope.spawn(|| Claim::new(path.clone()).take().unwrap().is_some());
            std::thread::park_timeout(Duration::from_millis(50));
            drop(lock);
            assert!(next.join().unwrap());
        });
    }
}
