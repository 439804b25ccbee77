//! A school changes its MIS, and who is who afterwards.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    EntityKind, IdentifierScheme, PullRequest, Record, Role, SecretString, SensitiveField, SourcedId,
    jiff::Timestamp,
};
use roster_sync::{MemoryStore, Mode, RecordState, RosterSync, Status, Store};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{WondeSandbox, WondeStage},
};
use roster_wonde::{Connection, Webhooks, WondeSource};

use super::{cx, source};

fn request() -> PullRequest {
    PullRequest::full().with_sensitive([SensitiveField::BirthDate])
}

struct Someone {
    id: SourcedId,
    person: roster_core::Person,
}

impl Someone {
    fn upn(&self) -> Option<&str> {
        let numbers = self.person.identifiers.iter();
        numbers
            .filter(|number| number.scheme == IdentifierScheme::Upn)
            .map(|number| number.value.as_str())
            .next()
    }
}

async fn people(store: &MemoryStore, school: &str) -> BTreeMap<String, Someone> {
    let (mut people, mut after) = (BTreeMap::new(), None);
    loop {
        let page = store.records(school, Some(EntityKind::Person), after, 100).await.unwrap();
        for stored in page.items.into_iter().filter(|stored| stored.state == RecordState::Active) {
            if let Some(Record::Person(person)) = stored.record {
                people.insert(format!("{:?}", stored.uid), Someone { id: stored.id, person: *person });
            }
        }
        after = page.next;
        if after.is_none() {
            return people;
        }
    }
}

#[tokio::test]
async fn after_a_migration_everybody_who_can_be_told_is_the_same() {
    for keeps_student_ids in [false, true] {
        let sandbox = WondeSandbox::start(DistrictSpec::new(7).students(80)).unwrap();
        let school = sandbox.schools()[0].clone();
        let source = source(&sandbox, &school);
        let store = MemoryStore::new();
        let sync = RosterSync::new(&store, school.clone()).request(request());
        assert_eq!(sync.run(&source, &cx()).await.unwrap().status, Status::Applied);
        let before = people(&store, &school).await;

        // During the window nothing ends, whatever goes.
        sandbox.begin_migration(&school);
        let frozen = sync.run(&source, &cx()).await.unwrap();
        assert_eq!(frozen.kinds[&EntityKind::Person].ended, 0);
        sandbox.finish_migration(&school, keeps_student_ids);

        let held = sync.run(&source, &cx()).await.unwrap();
        assert_eq!((held.mode, held.status), (Mode::Full, Status::Held), "{:?}", held.error);
        let approved = RosterSync::new(&store, school.clone()).request(request()).approve(held.plan.clone());
        let report = approved.run(&source, &cx()).await.unwrap();
        assert_eq!(report.status, Status::Applied, "{:?}", report.holds);
        assert!(report.proposals > 0);

        let after = people(&store, &school).await;
        let is_student = |someone: &Someone| someone.person.has_role(&Role::Student);
        let numbered: Vec<_> =
            before.iter().filter(|(_, one)| is_student(one) && one.upn().is_some()).collect();
        assert!(numbered.len() > 20);
        for (uid, one) in numbered {
            let then = &after[uid];
            assert_eq!((then.upn(), then.id == one.id), (one.upn(), keeps_student_ids));
        }
        // All ids of staff are new; a work address that is one person's alone tells who is who.
        let staff: Vec<_> = before.iter().filter(|(_, one)| !is_student(one)).collect();
        assert!(!staff.is_empty());
        for (uid, one) in staff {
            assert_ne!(after[uid].id, one.id);
            assert_eq!(after[uid].person.email, one.person.email);
        }
        // Pupils without a number, the twins among them, are for a person to decide: none was taken for another.
        let nameless: BTreeSet<_> = before
            .iter()
            .filter(|(_, one)| is_student(one) && one.upn().is_none())
            .map(|(uid, _)| uid)
            .collect();
        assert!(nameless.len() >= 4, "{}", nameless.len());
        for uid in nameless {
            assert_eq!(after.contains_key(uid), keeps_student_ids);
        }
    }
}

#[tokio::test]
async fn what_is_weaker_is_proposed() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7).students(80)).unwrap();
    let school = sandbox.schools()[0].clone();
    let source = source(&sandbox, &school);
    let store = MemoryStore::new();
    let sync = RosterSync::new(&store, school.clone()).request(request());
    sync.run(&source, &cx()).await.unwrap();
    let before = people(&store, &school).await;
    sandbox.finish_migration(&school, false);
    let (report, proposed) = sync.plan(&source, &cx(), &mut |_| {}).await.unwrap();
    let proposals: Vec<_> = proposed.into_iter().map(|one| (one.kind, one.from, one.reason)).collect();
    assert_eq!(report.proposals, u64::try_from(proposals.len()).unwrap());
    let unnumbered: Vec<_> =
        before.values().filter(|one| one.person.has_role(&Role::Student) && one.upn().is_none()).collect();
    for one in &unnumbered {
        assert!(
            proposals.iter().any(|(kind, from, _)| *kind == EntityKind::Person && *from == one.id),
            "{:?}",
            one.id
        );
    }
    let classes = proposals.iter().filter(|(kind, ..)| *kind == EntityKind::Class).count();
    assert!(
        classes > 0
            && proposals.iter().all(|(.., reason)| reason.contains("no proof") || reason.contains("but"))
    );
}

#[tokio::test]
async fn ids_that_are_new_before_it_is_over_make_nobody_new() {
    for keeps_student_ids in [false, true] {
        let sandbox = WondeSandbox::start(DistrictSpec::new(7).students(80)).unwrap();
        let school = sandbox.schools()[0].clone();
        let plain = source(&sandbox, &school);
        let store = MemoryStore::new();
        let sync = || RosterSync::new(&store, school.clone()).request(request());
        assert_eq!(sync().run(&plain, &cx()).await.unwrap().status, Status::Applied);
        let before = people(&store, &school).await;
        let ids = |people: &BTreeMap<String, Someone>| -> BTreeSet<SourcedId> {
            people.values().map(|one| one.id.clone()).collect()
        };

        let mut connection = Connection::default();
        let mut told = 0;
        let mut hear = |sandbox: &WondeSandbox| {
            let webhooks = Webhooks::new([SecretString::from("0123456789abcdef")]).unwrap();
            for body in sandbox.webhooks_due().into_iter().skip(told) {
                let body = body.to_string();
                let event = webhooks.parse([], "secret=0123456789abcdef", body.as_bytes()).unwrap();
                connection.hear(Timestamp::UNIX_EPOCH, &event);
                told += 1;
            }
            connection.is_migrating()
        };
        sandbox.begin_migration(&school);
        assert!(hear(&sandbox));
        // By what the vendor says of the school, and, once it can be reached again, by the notice alone.
        for online in [false, true] {
            if online {
                sandbox.set_stage(&school, WondeStage::Live);
                let served = super::pull(&plain, request()).await;
                let ids = ids(&before);
                let is_new =
                    |record: &&Record| record.kind() == EntityKind::Person && !ids.contains(record.id());
                assert_eq!(served.records.values().filter(is_new).count(), served.of(EntityKind::Person));
            }
            let frozen = WondeSource::builder().school(&school).token(sandbox.token());
            let frozen = frozen.base_url(sandbox.base_url()).frozen(online).build().unwrap();
            for run in [sync(), sync().full(true)] {
                let report = run.run(&frozen, &cx()).await.unwrap();
                for (kind, counts) in &report.kinds {
                    let changed = counts.created + counts.ended + counts.rekeyed + counts.updated;
                    assert_eq!(changed, 0, "{kind} {online}");
                }
                assert_eq!(ids(&people(&store, &school).await), ids(&before));
            }
        }

        sandbox.finish_migration(&school, keeps_student_ids);
        assert!(!hear(&sandbox));
        let held = sync().run(&plain, &cx()).await.unwrap();
        let report = sync().approve(held.plan.clone()).run(&plain, &cx()).await.unwrap();
        assert_eq!(report.status, Status::Applied, "{:?}", report.holds);
        let after = people(&store, &school).await;
        let numbered = before.iter().filter(|(_, one)| one.upn().is_some());
        for (uid, one) in numbered {
            assert_eq!((after[uid].upn(), after[uid].id == one.id), (one.upn(), keeps_student_ids));
        }
        let staff = before.iter().filter(|(_, one)| !one.person.has_role(&Role::Student));
        for (uid, one) in staff {
            assert!(after[uid].id != one.id && after[uid].person.email == one.person.email);
        }
    }
}
