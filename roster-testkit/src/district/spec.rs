//! What a district is to be like.

use super::District;

/// What a district is to be like. The same values give the same district, on any machine.
///
/// ```
/// use roster_core::EntityKind;
/// use roster_testkit::district::DistrictSpec;
///
/// let district = DistrictSpec::new(7).schools(3).students(300).generate();
/// assert_eq!(district.orgs.len(), 4);
/// assert!(district.ids(EntityKind::Person).len() > 300);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistrictSpec {
    pub(super) seed: u64,
    pub(super) name: String,
    pub(super) schools: usize,
    pub(crate) students: usize,
    pub(super) students_per_teacher: usize,
    pub(super) class_size: usize,
    pub(super) classes_per_student: usize,
    pub(super) families_with_contacts: usize,
    pub(super) grading_periods: bool,
    pub(super) siblings_share_email: bool,
    pub(super) single_names: bool,
}

impl DistrictSpec {
    /// Two schools and 60 pupils; the builder's methods change that.
    ///
    /// Ids begin with the last three digits of the seed, so that two districts whose seeds differ share none.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            name: "Lincoln".to_owned(),
            schools: 2,
            students: 60,
            students_per_teacher: 15,
            class_size: 24,
            classes_per_student: 5,
            families_with_contacts: 80,
            grading_periods: true,
            siblings_share_email: true,
            single_names: true,
        }
    }

    /// The district of the folder `examples/data/lincoln`: small, and clean when it is read as OneRoster 1.1.
    #[must_use]
    pub fn lincoln() -> Self {
        Self::new(7)
            .schools(3)
            .students(120)
            .classes_per_student(2)
            .families_with_contacts(50)
            .grading_periods(false)
            .siblings_share_email(false)
            .single_names(false)
    }

    /// The district's name, without "Unified School District"; it is also in its e-mail addresses.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How many schools: elementary, middle and high in turn. At least one.
    #[must_use]
    pub fn schools(mut self, schools: usize) -> Self {
        self.schools = schools.max(1);
        self
    }

    /// How many pupils.
    #[must_use]
    pub fn students(mut self, students: usize) -> Self {
        self.students = students;
        self
    }

    /// How many pupils there are for each teacher. Each school has two teachers at least.
    #[must_use]
    pub fn students_per_teacher(mut self, students: usize) -> Self {
        self.students_per_teacher = students.max(1);
        self
    }

    /// How many pupils a class has at most, or a few more.
    #[must_use]
    pub fn class_size(mut self, pupils: usize) -> Self {
        self.class_size = pupils.max(1);
        self
    }

    /// How many classes a pupil has beside the homeroom, 8 at most.
    #[must_use]
    pub fn classes_per_student(mut self, classes: usize) -> Self {
        self.classes_per_student = classes;
        self
    }

    /// Of how many families in 100 contacts are on file. 0 means no contacts at all.
    #[must_use]
    pub fn families_with_contacts(mut self, percent: usize) -> Self {
        self.families_with_contacts = percent;
        self
    }

    /// Whether semesters have grading periods.
    #[must_use]
    pub fn grading_periods(mut self, has: bool) -> Self {
        self.grading_periods = has;
        self
    }

    /// Whether some siblings have their parent's e-mail address for their own, which readers warn of.
    #[must_use]
    pub fn siblings_share_email(mut self, share: bool) -> Self {
        self.siblings_share_email = share;
        self
    }

    /// Whether one pupil has but one name, which readers warn of.
    #[must_use]
    pub fn single_names(mut self, has: bool) -> Self {
        self.single_names = has;
        self
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The same with another seed: another district that is as large.
    #[must_use]
    pub fn reseeded(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Makes the district.
    #[must_use]
    pub fn generate(self) -> District {
        super::build::district(self)
    }

    /// The host part of its e-mail addresses.
    pub(super) fn domain(&self) -> String {
        format!("{}.example", super::names::plain(&self.name))
    }

    /// What its ids begin with.
    pub(super) fn prefix(&self) -> String {
        format!("{:03}", self.seed % 1000)
    }
}

impl Default for DistrictSpec {
    fn default() -> Self {
        Self::new(7)
    }
}
