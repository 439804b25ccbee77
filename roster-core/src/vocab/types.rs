//! The smaller vocabularies.

use serde::{Deserialize, Serialize};

use super::words::vocabulary;

vocabulary! {
    /// What an org is.
    OrgType {
        /// A nation.
        National = "national",
        /// A state or province.
        State = "state" | "province",
        /// A local authority.
        Local = "local" | "localauthority",
        /// A school district.
        District = "district",
        /// A school.
        School = "school",
        /// A part of a school on a site of its own.
        Campus = "campus",
        /// A department.
        Department = "department",
    }
}

vocabulary! {
    /// What a stretch of time is.
    SessionType {
        /// A whole school year.
        SchoolYear = "school_year",
        /// Half a year.
        Semester = "semester",
        /// A term.
        Term = "term",
        /// A grading period.
        GradingPeriod = "grading_period",
    }
}

vocabulary! {
    /// What a class is for.
    ClassType {
        /// Meets by the timetable, for a course.
        Scheduled = "scheduled",
        /// A homeroom.
        Homeroom = "homeroom",
        /// A registration group (UK).
        Registration = "registration",
    }
}

vocabulary! {
    /// Whether a class is being held.
    ClassState {
        /// Being held, as far as the vendor tells.
        Active = "active",
        /// Not yet begun.
        Upcoming = "upcoming" | "provisioned",
        /// Put away by its teacher.
        Archived = "archived",
        /// Switched off by the vendor.
        Inactive = "inactive",
    }
}

vocabulary! {
    /// Who gave an id, and what for.
    IdentifierScheme {
        /// The student information system's own id.
        SisId = "sis_id" | "sis",
        /// The state's id.
        StateId = "state_id",
        /// The number by which a school knows a pupil.
        StudentNumber = "student_number",
        /// The number by which a school knows a member of staff.
        StaffNumber = "staff_number" | "teachernumber",
        /// England's Unique Pupil Number.
        Upn = "upn",
        /// The management information system's id (UK).
        MisId = "mis_id" | "mis",
        /// Clever's id.
        Clever = "clever",
        /// Clever's id of before version 3.
        CleverLegacy = "clever_legacy",
        /// Google's account id.
        Google = "google",
        /// A log-in name.
        UserName = "user_name",
        /// The id of the National Center for Education Statistics (US).
        Nces = "nces",
    }
}

vocabulary! {
    /// A fact that only statistics and entitlements need. Sensitive, and so are special education and meal status.
    DemographicField {
        /// `true` or `false`.
        AmericanIndianOrAlaskaNative = "american_indian_or_alaska_native",
        /// `true` or `false`.
        Asian = "asian",
        /// `true` or `false`.
        BlackOrAfricanAmerican = "black_or_african_american",
        /// `true` or `false`.
        NativeHawaiianOrOtherPacificIslander = "native_hawaiian_or_other_pacific_islander",
        /// `true` or `false`.
        White = "white",
        /// `true` or `false`.
        TwoOrMoreRaces = "two_or_more_races" | "demographicracetwoormoreraces",
        /// `true` or `false`.
        HispanicOrLatino = "hispanic_or_latino" | "hispanicorlatinoethnicity" | "hispaniclatino",
        /// The vendor's word for a person's race, where it has one word for it.
        Race = "race",
        /// The vendor's word for a person's ethnicity.
        Ethnicity = "ethnicity",
        /// Code of the country of birth.
        CountryOfBirth = "country_of_birth" | "countryofbirthcode" | "birthcountry",
        /// Abbreviation of the state of birth.
        StateOfBirth = "state_of_birth" | "stateofbirthabbreviation" | "birthstate",
        /// The city of birth.
        CityOfBirth = "city_of_birth" | "birthcity",
        /// Status of residence for the public school.
        PublicSchoolResidenceStatus = "public_school_residence_status",
        /// The language spoken at home.
        HomeLanguage = "home_language",
        /// Whether the pupil learns English as a further language.
        EnglishLearner = "english_learner" | "ellstatus",
        /// Special education.
        SpecialEducation = "special_education" | "iepstatus" | "iep",
        /// Free or reduced meals.
        MealStatus = "meal_status" | "frlstatus" | "freelunch",
    }
}

/// What the vendor says of a person's account at the school.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// May be used.
    Active,
    /// Switched off for a time, such as OneRoster's `enabledUser` = `false`.
    Suspended,
    /// Put away.
    Archived,
    /// The vendor does not say.
    #[default]
    Unknown,
}

/// In which way a contact matters. Several may hold at once: a guardian need not be an emergency contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContactKind {
    /// Has the care of the pupil.
    Guardian,
    /// To be called in an emergency.
    Emergency,
    /// To be called first.
    Primary,
    /// To be called second.
    Secondary,
    /// Belongs to the family.
    Family,
    /// Anything else.
    Other,
}
