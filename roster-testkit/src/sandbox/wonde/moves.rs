//! What moves a school: access, permissions, and a change of its MIS.

use serde_json::{Value, json};

use super::{
    Shared, WondeStage,
    world::{PERMISSIONS, School, put},
};

impl Shared {
    pub(super) fn set_stage(&self, id: &str, stage: WondeStage, reason: Option<&str>) -> bool {
        let mut world = self.world();
        let Some(school) = world.school_mut(id) else { return false };
        let before = school.stage;
        school.stage = stage;
        school.reason = reason.map(str::to_owned);
        match stage {
            WondeStage::Approved => {
                school.approvals += 1;
                school.token = Some(format!("school-token-{id}-{}", school.approvals));
                // Who gives access again is not audited again.
                if before == WondeStage::Revoked && school.audited {
                    school.stage = WondeStage::Live;
                }
            }
            WondeStage::Live => (school.audited, school.online) = (true, true),
            WondeStage::Offline => school.online = false,
            WondeStage::NotRequested | WondeStage::Pending | WondeStage::Declined | WondeStage::Revoked => {}
        }
        let common = json!({ "school_id": id, "school_name": school.facts.name, "school_la_code": "801",
            "school_urn": "100000", "school_establishment_number": "4000" });
        let notice = match stage {
            WondeStage::Approved => Some(("schoolApproved", "school_token", json!(school.token))),
            WondeStage::Declined => Some(("accessDeclined", "decline_reason", json!(reason))),
            WondeStage::Revoked => Some(("accessRevoked", "revoke_reason", json!(reason))),
            _ => None,
        };
        drop(world);
        if let Some((kind, key, value)) = notice {
            let mut body = common;
            put(&mut body, "payload_type", json!(kind));
            put(&mut body, key, value);
            self.hooks.post(body);
        }
        true
    }

    pub(super) fn grant(&self, id: &str, permission: &str, granted: bool) -> bool {
        let mut world = self.world();
        let Some(school) = world.school_mut(id).filter(|_| PERMISSIONS.contains(&permission)) else {
            return false;
        };
        if granted {
            school.denied.remove(permission);
        } else {
            school.denied.insert(permission.to_owned());
        }
        true
    }

    pub(super) fn begin_migration(&self, id: &str) -> bool {
        let mut world = self.world();
        let Some(school) = world.school_mut(id) else { return false };
        school.online = false;
        if !std::mem::replace(&mut school.is_migrating, true) {
            school.making.generation += 1;
            school.making.keeps_student_ids = false;
        }
        let body = migration(school, false);
        world.write(true);
        drop(world);
        self.hooks.post(body);
        true
    }

    pub(super) fn finish_migration(&self, id: &str, keeps_student_ids: bool) -> bool {
        let mut world = self.world();
        let Some(school) = world.school_mut(id) else { return false };
        let body = migration(school, true);
        school.online = true;
        "Another MIS".clone_into(&mut school.mis);
        if !std::mem::replace(&mut school.is_migrating, false) {
            school.making.generation += 1;
        }
        school.making.keeps_student_ids = keeps_student_ids;
        world.write(true);
        drop(world);
        self.hooks.post(body);
        true
    }
}

fn migration(school: &School, completed: bool) -> Value {
    json!({ "payload_type": "schoolMigration", "school_id": school.facts.id, "school_name": school.facts.name,
        "migrate_from": "Example MIS", "migrate_to": "Another MIS", "scheduled_at": "2026-02-14T00:00:00Z",
        "completed_at": completed.then_some("2026-02-15T06:30:00Z") })
}
