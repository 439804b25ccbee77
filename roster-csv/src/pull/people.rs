//! People: the one kind that may be spread over files.

use std::sync::Arc;

use roster_core::{
    Affiliation, EntityKind, FieldSet, PartialCode, Person, PersonField, Place, Problem, PullEvent,
    PullRequest, RowCounts, SensitiveField, SourcedId, codes,
    table::{Holds, Rows},
};
use roster_oneroster::{Related, Relations, csv::Status};

use super::{engine::Engine, judge::Outcome, references, shape::is_blank};
use crate::{
    keys::{HashedMap, HashedSet, Seen, hash},
    records::{self, Mapped, PersonSides},
    row::{Cells, Findings, Row},
    rows::{Batch, RowMark},
    side::Side,
    survey::{Survey, SurveyedFile},
};

/// Changes that tell of a person only in part.
pub(crate) fn incomplete() -> Problem {
    let message = "the changes tell of a person only in part: without the other file's row nothing was done";
    Problem::error(codes::DELTA_INCOMPLETE_PERSON, message)
}

/// What is held of people beside their ids.
pub(crate) struct People {
    sides: Vec<(usize, Rows, Side)>,
    /// The files hold what changed, not everything.
    are_changes: bool,
    /// The dialect has a file of roles; else a person's own row has the role.
    has_roles_file: bool,
    /// People whose roles can't all be read: what they are can't be told.
    damaged: HashedSet,
    roles_broken: bool,
    /// Fields of single people that a damaged row of another file should have told.
    obscured: HashedMap<FieldSet>,
    /// Fields that a damaged row should have told of somebody, and of whom is not known.
    obscured_for_all: FieldSet,
    relations: Option<Relations<Place>>,
    /// The people that the row at hand names.
    agents: Vec<SourcedId>,
    /// How many rows of each side the row at hand took.
    taken: Vec<(usize, u64)>,
}

impl People {
    pub(crate) fn new(request: &PullRequest, survey: &Survey) -> Self {
        Self {
            sides: Vec::new(),
            are_changes: survey.tells_changes(EntityKind::Person),
            has_roles_file: survey.dialect.table_of(Rows::Affiliations).is_some(),
            damaged: HashedSet::default(),
            roles_broken: false,
            obscured: HashedMap::default(),
            obscured_for_all: FieldSet::EMPTY,
            relations: (request.wants(EntityKind::Relationship) && survey.dialect.has_agents())
                .then(Relations::default),
            agents: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Rows of a file that adds to people were used for a person who is withdrawn.
    pub(crate) fn withdraw(&mut self, counts: &mut [RowCounts], id: u64) {
        for (file, _, side) in &mut self.sides {
            let (rows, _) = side.of(id, true);
            if let Some(counts) = counts.get_mut(*file) {
                let rows = (rows.len() as u64).min(counts.used);
                counts.used -= rows;
                counts.rejected += rows;
            }
        }
    }

    /// Rows of the roles file could not be read, and whose they are can't be told: anybody may have more roles.
    pub(crate) fn break_roles(&mut self) {
        self.roles_broken = true;
    }

    /// What a row should have told of a person, or of nobody knows whom, is unknown.
    pub(crate) fn obscure(&mut self, id: Option<u64>, fields: FieldSet) {
        match id {
            Some(id) => {
                let known = self.obscured.entry(id).or_default();
                *known = known.union(fields);
            }
            None => self.obscured_for_all = self.obscured_for_all.union(fields),
        }
    }

    pub(crate) fn damage(&mut self, id: u64) {
        self.damaged.insert(id);
    }

    pub(crate) fn is_damaged(&self, id: u64) -> bool {
        self.damaged.contains(&id)
    }

    /// Whether anybody wants to know who is related to whom.
    pub(crate) const fn are_related(&self) -> bool {
        self.relations.is_some()
    }

    /// Takes in whom a person is related to.
    pub(crate) fn relate(&mut self, person: &Person, place: &Place) {
        let agents = std::mem::take(&mut self.agents);
        if let Some(relations) = &mut self.relations {
            relations.add(&person.id, &person.affiliations, agents, place);
        }
    }

    /// Counts the rows of other files that the row at hand took: they share its fate.
    pub(crate) fn settle(&mut self, counts: &mut [RowCounts], used: bool) {
        for (file, rows) in self.taken.drain(..) {
            if let Some(counts) = counts.get_mut(file) {
                let count = if used { &mut counts.used } else { &mut counts.skipped };
                *count += rows;
            }
        }
    }

    /// Brings near what other files say of some people.
    pub(super) fn touch_all(&mut self, people: &(impl Iterator<Item = u64> + Clone)) {
        for (_, _, side) in &mut self.sides {
            side.touch_all(people.clone());
        }
    }

    fn side(&mut self, file: usize, rows: Rows) -> Option<&mut Side> {
        if !self.sides.iter().any(|(of, ..)| *of == file) {
            self.sides.push((file, rows, Side::new()));
        }
        self.sides.iter_mut().find(|(of, ..)| *of == file).map(|(_, _, side)| side)
    }

    /// What the other files say of a person. What is wrong there is noted where it stands.
    fn gather(
        &mut self,
        survey: &Survey,
        request: &PullRequest,
        id: u64,
        own: &mut Row<'_>,
        peek: bool,
    ) -> PersonSides {
        let mut sides =
            PersonSides { affiliations: self.has_roles_file.then(Vec::new), ..PersonSides::default() };
        let is_own = own.header.position(Holds::AffiliationRole).is_some();
        if is_own {
            sides.add_role(own);
        }
        if self.roles_broken {
            sides.unseen = FieldSet::of([PersonField::Affiliations]);
        }
        self.taken.clear();
        for (index, rows, side) in &mut self.sides {
            let Some(file) = survey.files.get(*index) else {
                continue;
            };
            let (rows_of_person, fresh) = side.of(id, peek);
            self.taken.push((*index, fresh));
            let obscured = self.obscured.get(&id).copied().unwrap_or_default();
            let has_none = rows_of_person.is_empty() && !(is_own && *rows == Rows::Affiliations);
            let unknown = if has_none { self.obscured_for_all.union(obscured) } else { obscured };
            sides.unseen = sides.unseen.union(unknown.common(file.header.fields));
            for row in rows_of_person.into_iter().filter(|_| obscured.common(file.header.fields).is_empty()) {
                let mut row = row.row(&file.header, &file.name, own.findings);
                match rows {
                    Rows::Affiliations => sides.add_role(&mut row),
                    Rows::Accounts => sides.add_account(&mut row),
                    _ => sides.add_demographics(&mut row, &request.sensitive),
                }
            }
        }
        sides
    }
}

impl People {
    /// A row of the people's own file, with what the other files say.
    pub(super) fn person(
        &mut self,
        survey: &Survey,
        request: &PullRequest,
        key: u64,
        row: &mut Row<'_>,
    ) -> Mapped {
        let mut sides = self.gather(survey, request, key, row, false);
        let has_no_role = sides.affiliations.as_ref().is_some_and(Vec::is_empty) && sides.gone.is_empty();
        sides.is_incomplete = self.are_changes && has_no_role;
        if request.sees(SensitiveField::Contacts) {
            self.agents = row.ids(Holds::PersonAgents);
        }
        records::person(row, request.extra, &request.sensitive, sides)
    }
}

impl Engine {
    /// Keeps a row of a file that adds to people.
    #[inline(never)]
    pub(super) fn keep_side(&mut self, file: &SurveyedFile, batch: &Batch, mark: &RowMark, record: u64) {
        let header = &file.header;
        let person = header.position(Holds::OfPerson).map_or("", |position| batch.cell(mark, position));
        let person = roster_core::decode::trim(person);
        let request = &self.request;
        let wanted: Vec<usize> = header
            .known()
            .filter(|(_, column)| {
                !matches!(column.holds, Holds::Nothing | Holds::Secret | Holds::Modified | Holds::Id)
            })
            .filter(|(_, column)| column.holds.sensitive().is_none_or(|field| request.sees(field)))
            .map(|(position, _)| position)
            .collect();
        if mark.seen != Seen::First {
            self.repeat_side(file, batch, mark);
            return;
        }
        let index = self.step_file();
        let kept = self.people.side(index, file.table.rows).is_some_and(|side| {
            side.keep(batch, mark, record, person, |position| wanted.contains(&position))
        });
        if !kept {
            self.count(|counts| counts.rejected += 1);
            let reason = "a file that adds to people is larger than what can be held of it";
            self.make_partial(EntityKind::Person, roster_core::PartialCode::Unreadable, reason);
        }
        self.take_side_findings();
    }

    /// Learns who is in scope from a file that is read for that alone.
    #[inline(never)]
    pub(super) fn learn(&mut self, survey: &Survey, file: &SurveyedFile, batch: &Batch, mark: &RowMark) {
        if mark.fault.is_some() || Batch::width(mark) != file.header.width() {
            if !is_blank(batch, mark) {
                self.loosen(self.at.kind);
            }
            return;
        }
        let position = file.header.position(Holds::Id);
        let id = position.map_or("", |position| roster_core::decode::trim(batch.cell(mark, position)));
        let mut findings = Findings::default();
        let mut row = Row {
            header: &file.header,
            cells: Cells::of(batch, mark),
            kind: EntityKind::Person,
            id,
            file: &file.name,
            line: mark.line,
            record: 0,
            findings: &mut findings,
        };
        let status = Status::read(row.value(Holds::Status));
        let is_gone = match file.table.rows {
            Rows::Records(EntityKind::Enrollment) => matches!(status, Status::ToBeDeleted | Status::Inactive),
            _ => status == Status::ToBeDeleted,
        };
        match file.table.rows {
            _ if is_gone => {}
            Rows::Records(EntityKind::Org) => {
                let mut org = roster_core::Org::new(id, roster_core::OrgType::School, "");
                org.parent = row.id(Holds::OrgParent);
                self.scope.learn_org(&org);
            }
            Rows::Records(EntityKind::Class) => {
                let org = row.id(Holds::ClassOrg);
                self.scope.enter_class(id, org.as_ref());
            }
            Rows::Records(EntityKind::Enrollment) => {
                let class = row.value(Holds::EnrollmentClass);
                let person = row.value(Holds::EnrollmentPerson);
                self.scope.enter_seat(class, person);
            }
            Rows::Records(EntityKind::Relationship) => {
                let (student, contact) =
                    (row.value(Holds::RelationStudent), row.value(Holds::RelationContact));
                self.scope.learn_relation(hash(student), hash(contact));
            }
            Rows::Records(EntityKind::Person) => {
                let affiliations = self.affiliations(survey, &mut row);
                let agents = row.ids(Holds::PersonAgents);
                self.scope.learn_person(hash(id), &affiliations, &agents);
            }
            _ => {}
        }
    }

    /// A person's roles, contacts' ones among them, wherever they stand.
    fn affiliations(&mut self, survey: &Survey, row: &mut Row<'_>) -> Vec<Affiliation> {
        let sides = self.people.gather(survey, &self.request, hash(row.id), row, true);
        sides.affiliations.unwrap_or_else(|| records::own_affiliations(row))
    }

    /// The people are over: rows that add to nobody are told, and relationships given out.
    pub(super) fn end_people(&mut self, survey: &Survey) {
        let sides = std::mem::take(&mut self.people.sides);
        for (index, _, side) in &sides {
            let Some(file) = survey.files.get(*index) else {
                continue;
            };
            let mut findings = Findings::default();
            for row in side.left() {
                let row = row.row(&file.header, &file.name, &mut findings);
                // A person who was left out is told of already.
                let is_told =
                    self.ids.get(EntityKind::Person as usize).is_some_and(|ids| ids.contains(hash(row.id)));
                if let Some(counts) = self.counts.get_mut(*index) {
                    *if is_told { &mut counts.skipped } else { &mut counts.rejected } += 1;
                }
                if is_told {
                    continue;
                }
                if file.unfolding.is_some() {
                    self.folded.note(&file.name, row.record, Outcome::Rejected);
                }
                let field = file.header.name_of(Holds::OfPerson);
                let problem = if survey.is_delta {
                    self.needs_person();
                    row.locate(incomplete()).in_field(field)
                } else {
                    references::nobody(row.id, field, row.place())
                };
                self.say(problem);
            }
        }
        let Some(relations) = self.people.relations.take() else {
            return;
        };
        for related in relations.finish(!survey.is_delta) {
            let student = hash(&related.relationship.student);
            if self.scope.holds_pupil(student) {
                self.relationship(survey, related);
            }
        }
        self.end_kind(EntityKind::Relationship);
    }

    /// Changes tell of a person only in part: what the rest is, only a whole set can say.
    pub(super) fn needs_person(&mut self) {
        let reason = "the changes tell of a person only in part";
        self.make_partial(EntityKind::Person, PartialCode::NeedsFull, reason);
        self.make_partial(EntityKind::Relationship, PartialCode::NeedsFull, reason);
    }

    fn relationship(&mut self, survey: &Survey, related: Related<Place>) {
        let Related { relationship, unseen, place, .. } = related;
        let known =
            |id: &str| self.ids.get(EntityKind::Person as usize).is_some_and(|ids| ids.contains(hash(id)));
        // Who is not among the changes may well be there.
        let is_named = survey.is_delta || known(&relationship.student) && known(&relationship.contact);
        if !is_named {
            let message = "it names a person that is not in the files";
            let problem = Problem::warning(codes::DANGLING_REFERENCE, message).of(EntityKind::Relationship);
            self.say(problem.with_id(relationship.id.clone()).at(place.clone()));
        }
        let record = relationship.into();
        self.out.push_back(PullEvent::Upsert { record, unseen, place: Some(Arc::new(place)) });
    }
}
