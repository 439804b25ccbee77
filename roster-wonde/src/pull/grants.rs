//! What was granted, then and now: what was taken back stays as it was.

use std::collections::BTreeSet;

use roster_core::{FieldSet, Problem};

use super::plan::hidden;
use crate::{changes::Position, codes, resource::Resource};

/// What was granted, then and now.
#[derive(Default)]
pub(super) struct Grants {
    before: BTreeSet<String>,
    frozen: BTreeSet<String>,
    now: BTreeSet<String>,
    told: BTreeSet<String>,
}

pub(super) fn name(resource: Resource, include: Option<&str>) -> String {
    match include {
        Some(include) => format!("{}.{include}", resource.word()),
        None => resource.word().to_owned(),
    }
}

impl Grants {
    pub(super) fn new(position: Option<&Position>) -> Self {
        let Some(position) = position else { return Self::default() };
        Self { before: position.granted.clone(), frozen: position.frozen.clone(), ..Self::default() }
    }

    pub(super) fn has(&mut self, resource: Resource, include: Option<&str>) {
        self.now.insert(name(resource, include));
    }

    /// Whether it was granted once.
    pub(super) fn was(&self, resource: Resource, include: Option<&str>) -> bool {
        let name = name(resource, include);
        self.before.contains(&name) || self.frozen.contains(&name)
    }

    /// Something is not granted: what of the records can't be told for that, and what is to be said of it, once.
    pub(super) fn lacks(&mut self, resource: Resource, include: &str) -> (FieldSet, Option<Problem>) {
        let lost = self.was(resource, Some(include));
        let fields = hidden(resource, include, lost);
        let name = name(resource, Some(include));
        if !self.told.insert(name.clone()) {
            return (fields, None);
        }
        let problem = if lost {
            self.frozen.insert(name.clone());
            let message = format!(
                "the school shared `{name}` before and no longer does: what was known of it is kept as it was"
            );
            Problem::warning(codes::PERMISSION_WITHDRAWN, message)
        } else {
            let message = format!("the school does not share `{name}`: what it would tell is unknown");
            Problem::warning(codes::CAPABILITY_MISSING, message)
        };
        (fields, Some(problem))
    }

    /// Whether the Unique Pupil Number was granted once and is not now.
    pub(super) fn lacks_upn(&self) -> bool {
        let name = name(Resource::Students, Some("upn"));
        self.frozen.contains(&name) && !self.now.contains(&name)
    }

    /// What the cursor keeps: what is granted now, and what was taken back and not given again. Of what a list tells that did not come
    /// this time nothing was said, so that it stands as before: else it would seem never to have been shared, and be blanked.
    pub(super) fn kept(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let lost = self.frozen.iter().filter(|name| !self.now.contains(*name)).cloned();
        let unsaid = self.before.iter().filter(|name| !self.frozen.contains(*name)).cloned();
        (self.now.iter().cloned().chain(unsaid).collect(), lost.collect())
    }
}
