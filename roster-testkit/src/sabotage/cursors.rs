//! Defects of what is asked of the healthy source, and of what its cursors are bound to.

use roster_core::{Cursor, PullMode, PullRequest, RosterSource, Scope, SensitiveField, SourceInfo};
use serde_json::json;

use super::Sabotage;
use crate::scripted::{FORMAT, PROVIDER, ScriptedSource, cursor, revision_of};

/// Between the host and the healthy source: what the one asks for, what the other is asked for, and how cursors are carried
/// over.
pub(super) struct Binding {
    sabotage: Sabotage,
    source: ScriptedSource,
    /// What the host's cursors are bound to.
    outer_info: SourceInfo,
    outer: PullRequest,
    inner: PullRequest,
}

impl Binding {
    pub(super) fn new(
        sabotage: Sabotage,
        source: &ScriptedSource,
        number: u64,
        request: &PullRequest,
    ) -> Self {
        let outer_info = match sabotage {
            Sabotage::CursorForAnyTenant => SourceInfo::new(PROVIDER, "any"),
            Sabotage::CursorOfOneProcess => SourceInfo::new(PROVIDER, format!("process {number}")),
            _ => source.info(),
        };
        let mut binding = Self {
            sabotage,
            source: source.clone(),
            outer_info,
            outer: bound_to(sabotage, request),
            inner: asked_for(sabotage, request),
        };
        // Refused is what the host's binding refuses, whatever the healthy source would say.
        binding.inner.cursor = revision_of(&binding.outer_info, &binding.outer)
            .and_then(|revision| cursor(&source.info(), &binding.inner, revision))
            .ok();
        binding
    }

    pub(super) fn inner_request(&self) -> PullRequest {
        self.inner.clone()
    }

    /// The healthy source's cursor as the host gets it.
    pub(super) fn outward(&self, checkpoint: &Cursor) -> Cursor {
        let mut request = self.inner.clone();
        request.cursor = Some(checkpoint.clone());
        let Ok(taken) = revision_of(&self.source.info(), &request) else {
            return checkpoint.clone();
        };
        let full = request.mode == PullMode::Full;
        let revision = match self.sabotage {
            Sabotage::CursorTakenAtEnd if full => self.source.vendor().revision(),
            Sabotage::ChangesCursorTooNew if !full => taken + 1,
            _ => taken,
        };
        let bound = if self.sabotage == Sabotage::SecretInCursor {
            let secret = ScriptedSource::token_of(self.source.vendor().tenant());
            let position = json!({ "revision": revision, "token": secret });
            Cursor::encode(&self.outer_info, FORMAT, &self.outer, &position)
        } else {
            cursor(&self.outer_info, &self.outer, revision)
        };
        bound.unwrap_or_else(|_| checkpoint.clone())
    }
}

/// What the host's cursor is bound to: less than it should be, if that is the defect.
fn bound_to(sabotage: Sabotage, request: &PullRequest) -> PullRequest {
    let mut bound = request.clone();
    match sabotage {
        Sabotage::CursorForAnyKinds => bound.entities.clear(),
        Sabotage::CursorForAnyScope => bound.scope = Scope::default(),
        Sabotage::CursorForAnySensitiveFields => bound.sensitive.clear(),
        Sabotage::CursorForAnyExtra => bound.extra = false,
        _ => {}
    }
    bound
}

/// What the healthy source is asked for: more than the host asks, if that is the defect.
fn asked_for(sabotage: Sabotage, request: &PullRequest) -> PullRequest {
    let mut asked = request.clone();
    match sabotage {
        Sabotage::ScopeIgnored => asked.scope = Scope::default(),
        Sabotage::EmptyScopeIsEverything => {
            asked.scope.orgs = asked.scope.orgs.filter(|orgs| !orgs.is_empty());
            asked.scope.classes = asked.scope.classes.filter(|classes| !classes.is_empty());
        }
        Sabotage::ChangesWithoutCursor if asked.cursor.is_none() => asked.mode = PullMode::Full,
        Sabotage::UnaskedKind => asked.entities.extend([roster_core::EntityKind::Course]),
        Sabotage::BirthDateUnasked => asked.sensitive.extend([SensitiveField::BirthDate]),
        Sabotage::ContactsUnasked | Sabotage::RelationshipsUnasked | Sabotage::ContactRoleUnasked => {
            asked.sensitive.extend([SensitiveField::Contacts]);
        }
        Sabotage::ExtraUnasked => asked.extra = true,
        _ => {}
    }
    asked
}
