//! Students and the seats that were bought.

use roster_core::{AccountState, Role};

use super::*;

stories! {
    a_first_run_with_too_many_students_is_held,
    what_was_approved_is_held_again_only_when_there_are_more,
    a_student_is_counted_once_and_only_while_the_account_may_be_used,
}

fn students(records: &[Record]) -> u64 {
    let is_one = |record: &&Record| matches!(record, Record::Person(person) if needs_seat(person));
    records.iter().filter(is_one).count() as u64
}

pub(super) fn needs_seat(person: &roster_core::Person) -> bool {
    person.has_role(&Role::Student)
        && !matches!(person.account, AccountState::Suspended | AccountState::Archived)
}

fn records() -> Vec<Record> {
    district().records().collect()
}

fn with_seats(store: &dyn Store, records: &[Record], seats: u64, approve: Option<&str>) -> SyncReport {
    sync_with(store, night(records.to_vec()), |sync| {
        let sync = sync.seats(Some(seats));
        match approve {
            Some(hash) => sync.approve(hash),
            None => sync,
        }
    })
}

fn a_first_run_with_too_many_students_is_held(store: &dyn Store) {
    let records = records();
    let students = students(&records);
    let report = with_seats(store, &records, students - 1, None);
    assert_eq!(report.status, Status::Held);
    let [hold] = &*report.holds else { panic!("{:?}", report.holds) };
    assert_eq!((hold.guard, hold.kind, &hold.school), (Guard::Seats, Some(EntityKind::Person), &None));
    assert_eq!((hold.count, hold.of, hold.limit), (students, 0, students - 1));
    assert!(active(store).is_empty(), "nothing was written");

    let enough = with_seats(store, &records, students, None);
    assert_eq!(enough.status, Status::Applied);
    let seats = enough.seats.unwrap();
    assert_eq!((seats.now, seats.after, seats.limit, seats.over()), (0, students, Some(students), 0));
}

fn what_was_approved_is_held_again_only_when_there_are_more(store: &dyn Store) {
    let records = records();
    let students = students(&records);
    let held = with_seats(store, &records, 10, None);
    // Approving so many is not approving whatever comes.
    let mut more = records.clone();
    more.push(student("one-more"));
    assert_eq!(with_seats(store, &more, 10, Some(&held.plan)).status, Status::Held);
    assert_eq!(with_seats(store, &records, 10, Some(&held.plan)).status, Status::Applied);

    assert_eq!(with_seats(store, &records, 10, None).status, Status::Unchanged);
    let held = with_seats(store, &more, 10, None);
    let seats = held.seats.unwrap();
    assert_eq!((held.status, seats.now, seats.after), (Status::Held, students, students + 1));
    let fewer_seats = with_seats(store, &records, 9, None);
    assert_eq!(fewer_seats.status, Status::Held, "there are fewer seats than what was approved for");
    // Without a number nothing is held, and the students are told all the same.
    let free = sync(store, night(more));
    assert_eq!((free.status, free.seats.unwrap().after), (Status::Applied, students + 1));
}

fn student(id: &str) -> Record {
    let mut person = roster_core::Person::new(id);
    let schools = ["s-a", "s-b"].map(|school| Some(school.into()));
    person.affiliations = schools.map(|school| roster_core::Affiliation::new(Role::Student, school)).to_vec();
    person.into()
}

fn a_student_is_counted_once_and_only_while_the_account_may_be_used(store: &dyn Store) {
    let night_of = |account: AccountState| {
        let mut people = ["p1", "p2", "p3"].map(student).to_vec();
        if let Record::Person(person) = &mut people[0] {
            person.account = account;
        }
        night(people)
    };
    let seats = |report: &SyncReport| report.seats.map(|seats| (seats.now, seats.after)).unwrap();
    assert_eq!(seats(&sync(store, night_of(AccountState::Active))), (0, 3), "each goes to two schools");
    assert_eq!(seats(&sync(store, night_of(AccountState::Suspended))), (3, 2));
    assert_eq!(seats(&sync(store, night_of(AccountState::Suspended))), (2, 2));
    assert_eq!(seats(&sync(store, night_of(AccountState::Unknown))), (2, 3));
}
