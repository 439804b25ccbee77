//! What a person is to an org or a class.

use super::words::vocabulary;

vocabulary! {
    /// What a person is to an org, or to a class.
    Role {
        /// A pupil.
        Student = "student",
        /// Teaches.
        Teacher = "teacher",
        /// Assists a teacher.
        Aide = "aide" | "aid" | "teacherassistant" | "teachingassistant",
        /// Administers, at a level that the vendor does not tell.
        Administrator = "administrator" | "admin",
        /// Administers a district.
        DistrictAdministrator = "district_administrator" | "districtadmin",
        /// Administers a school.
        SiteAdministrator = "site_administrator" | "schooladmin" | "schooladministrator",
        /// Administers the systems.
        SystemAdministrator = "system_administrator" | "sysadmin" | "itadmin",
        /// Leads a school.
        Principal = "principal",
        /// Counsels pupils.
        Counselor = "counselor" | "counsellor",
        /// Watches over examinations.
        Proctor = "proctor",
        /// Works for a school, in no role that the vendor tells.
        Staff = "staff",
        /// Has the legal care of a pupil, and is not a parent.
        Guardian = "guardian",
        /// A mother or father.
        Parent = "parent",
        /// Another relative.
        Relative = "relative",
        /// To be called about a pupil; not a relative as far as the vendor tells.
        Contact = "contact",
    }
}

impl Role {
    /// Guardian, parent, relative or contact: someone who is on the roster only because of a pupil.
    pub const fn is_contact(&self) -> bool {
        matches!(self, Self::Guardian | Self::Parent | Self::Relative | Self::Contact)
    }

    /// Works for the org: neither pupil nor contact nor unknown.
    pub const fn is_staff(&self) -> bool {
        !matches!(self, Self::Student | Self::Other(_)) && !self.is_contact()
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn vendors_spellings_are_one_role() {
        for word in ["siteAdministrator", "site_administrator", "Site Administrator", "SCHOOL_ADMIN"] {
            assert_eq!(Role::read(word), Role::SiteAdministrator, "{word}");
        }
        assert_eq!(Role::read("ext:coach"), Role::Other("ext:coach".to_owned()));
    }

    #[test]
    fn json_is_one_string_and_reads_back() {
        for role in Role::KNOWN.iter().cloned().chain([Role::Other("ext:Coach".to_owned())]) {
            let json = serde_json::to_string(&role).unwrap();
            assert_eq!(json, format!("\"{role}\""));
            assert_eq!(serde_json::from_str::<Role>(&json).unwrap(), role);
        }
    }

    #[test]
    fn contacts_are_no_staff() {
        assert!(Role::Parent.is_contact() && !Role::Parent.is_staff());
        assert!(Role::Proctor.is_staff() && !Role::Student.is_staff());
    }
}
