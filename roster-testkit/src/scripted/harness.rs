//! The harness of the scripted source: it can do all that a harness can.

use roster_core::{EntityKind, PullRequest, Record, Scope};

use super::{ScriptedSource, ScriptedVendor, sample};
use crate::{Broken, Change, Fault, Harness, Live, Support, Truth};

/// The harness of [`ScriptedSource`]: no check is skipped.
#[derive(Clone, Debug)]
pub struct ScriptedHarness {
    vendor: ScriptedVendor,
    other: ScriptedVendor,
}

impl ScriptedHarness {
    /// A vendor with two tenants.
    pub fn new() -> Self {
        Self { vendor: ScriptedVendor::sample("thistledown"), other: ScriptedVendor::sample("nettlebed") }
    }

    /// The vendor, for the tenant under test.
    pub fn vendor(&self) -> &ScriptedVendor {
        &self.vendor
    }
}

impl Default for ScriptedHarness {
    fn default() -> Self {
        Self::new()
    }
}

impl Harness for ScriptedHarness {
    type Source = ScriptedSource;

    async fn open(&self) -> ScriptedSource {
        ScriptedSource::new(self.vendor.clone())
    }

    async fn truth(&self, request: &PullRequest) -> Truth {
        self.vendor.truth(request)
    }

    async fn open_other_tenant(&self) -> Option<ScriptedSource> {
        Some(ScriptedSource::new(self.other.clone()))
    }

    async fn open_with_foreign_credential(&self) -> Option<ScriptedSource> {
        let foreign = ScriptedSource::token_of(self.other.tenant());
        Some(ScriptedSource::with_token(self.vendor.clone(), foreign))
    }

    async fn next_day(&self) -> Option<Change> {
        let day = self.vendor.revision() + 1;
        Some(self.vendor.edit(|records| {
            pass_a_day(records, day);
        }))
    }

    async fn enter_scope(&self) -> Option<Change> {
        Some(self.vendor.edit(|records| {
            for record in records {
                if let Record::Class(class) = record
                    && class.id.as_str() == "c3"
                {
                    class.org = Some("s1".into());
                }
            }
        }))
    }

    async fn break_record(&self) -> Option<Broken> {
        let broken = Broken::new(EntityKind::Person, "p03");
        self.vendor.break_record(broken.kind, &broken.id).then_some(broken)
    }

    async fn fault(&self, fault: Fault) -> Support {
        self.vendor.misbehave(fault);
        Support::Supported
    }

    fn scope(&self) -> Option<Scope> {
        Some(Scope::of_orgs(["s1".into()]))
    }

    fn secrets(&self) -> Vec<String> {
        vec![ScriptedSource::token_of(self.vendor.tenant())]
    }

    fn personal(&self) -> Vec<String> {
        vec!["Cottersham".to_owned(), "Quillfeather".to_owned()]
    }

    fn work(&self) -> Option<u64> {
        Some(self.vendor.work())
    }

    fn live(&self) -> Option<Live> {
        Some(Live::new(self.vendor.rows().peak(), self.vendor.page_size()))
    }
}

/// In each kind something changes, so that no defect hides in a kind that is quiet.
fn pass_a_day(records: &mut Vec<Record>, day: usize) {
    // One pupil a day leaves, the newest first, with the seat.
    let leaver = records.iter().rev().find_map(|record| match record {
        Record::Person(person) if person.id.starts_with('p') => Some(person.id.clone()),
        _ => None,
    });
    records.retain(|record| match record {
        Record::Person(person) => Some(&person.id) != leaver.as_ref(),
        Record::Enrollment(seat) => Some(&seat.person) != leaver.as_ref(),
        Record::Relationship(tie) => Some(&tie.student) != leaver.as_ref(),
        _ => true,
    });
    for record in records.iter_mut() {
        match record {
            Record::Org(org) if org.id.as_str() == "s2" => org.name = format!("Birch School, day {day}"),
            Record::AcademicSession(session) => session.title = format!("2026/27, day {day}"),
            Record::Course(course) if course.id.as_str() == "k1" => {
                course.title = format!("Botany, day {day}");
            }
            Record::Class(class) if class.id.as_str() == "c4" => class.title = format!("Botany, day {day}"),
            Record::Person(person) if person.id.as_str() == "p01" => {
                person.name.middle = Some(format!("Day{day}"));
            }
            Record::Enrollment(seat) if seat.person.as_str() == "t1" => {
                seat.primary = Some(day.is_multiple_of(2));
            }
            Record::Relationship(tie) => tie.priority = u32::try_from(day).ok(),
            _ => {}
        }
    }
    records.extend(sample::pupil(20 + day, &format!("Newcomer{day}")));
}
