//! Spoils a healthy stream of events.

use std::collections::VecDeque;

use futures::{StreamExt, stream};
use roster_core::{
    EntityKind, Notice, PullContext, PullEvent, PullMode, PullRequest, PullStream, Result, RowCounts,
};

use super::{Sabotage, cursors::Binding, source::CANARY};

/// Spoils a healthy stream of events.
pub(super) struct Spoiler {
    pub(super) sabotage: Sabotage,
    pub(super) request: PullRequest,
    /// The kinds that have begun; the last one is open.
    pub(super) begun: Vec<EntityKind>,
    /// What was kept back, to come too late.
    pub(super) held: Option<PullEvent>,
    /// How many records of the open kind came.
    pub(super) records: usize,
    /// Whether a bad record of the open kind was hushed up.
    pub(super) hushed: bool,
    /// The stream ends here.
    pub(super) over: bool,
    binding: Binding,
    cx: PullContext,
}

/// What becomes of one item.
pub(super) type Spoiled = Vec<Result<PullEvent>>;

impl Spoiler {
    pub(super) fn new(sabotage: Sabotage, binding: Binding, request: PullRequest, cx: PullContext) -> Self {
        Self {
            sabotage,
            request,
            begun: Vec::new(),
            held: None,
            records: 0,
            hushed: false,
            over: false,
            binding,
            cx,
        }
    }

    pub(super) fn spoil(self, events: PullStream) -> PullStream {
        stream::unfold((events, self, VecDeque::new()), |(mut events, mut spoiler, mut queue)| async {
            loop {
                if let Some(item) = queue.pop_front() {
                    return Some((item, (events, spoiler, queue)));
                }
                if spoiler.over {
                    return None;
                }
                let item = events.next().await?;
                queue.extend(spoiler.item(item));
            }
        })
        .boxed()
    }

    pub(super) fn is_full(&self) -> bool {
        self.request.mode == PullMode::Full
    }

    pub(super) fn open(&self) -> Option<EntityKind> {
        self.begun.last().copied()
    }

    fn item(&mut self, item: Result<PullEvent>) -> Spoiled {
        let event = match item {
            Ok(event) => event,
            Err(error) => return self.failure(error),
        };
        if let PullEvent::Begin { kind, .. } = &event {
            self.begun.push(*kind);
            self.records = 0;
            self.hushed = false;
        }
        match event {
            PullEvent::Begin { .. } => {
                self.notify();
                self.begin(event)
            }
            PullEvent::Upsert { .. } => self.upsert(event),
            PullEvent::Delete { .. } => self.delete(event),
            PullEvent::Problem(problem) => self.problem(problem),
            PullEvent::End { .. } => self.end(event),
            PullEvent::Checkpoint(cursor) => {
                vec![Ok(PullEvent::Checkpoint(Box::new(self.binding.outward(&cursor))))]
            }
            other => vec![Ok(other)],
        }
    }

    fn notify(&self) {
        match self.sabotage {
            Sabotage::NameInNotice => {
                let url = format!("https://vendor.example/people?family={CANARY}");
                self.cx.observer().notice(&Notice::Request { operation: &url });
            }
            Sabotage::RowsUncounted => {
                let rows = RowCounts { rows: 3, used: 2, ..RowCounts::default() };
                let file = self.open().map_or("other", EntityKind::as_str);
                self.cx.observer().notice(&Notice::File { file: &format!("{file}.csv"), rows });
            }
            _ => {}
        }
    }
}
