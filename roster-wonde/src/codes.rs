//! Codes of problems that are Wonde's own; the common ones are in [`roster_core::codes`].

/// `capability_missing`: the school does not share this, so the fields that it holds are unknown; ask the school to approve it.
pub const CAPABILITY_MISSING: &str = "capability_missing";
/// `permission_withdrawn`: the school shared this before and no longer does; what was known of it is kept as it was.
pub const PERMISSION_WITHDRAWN: &str = "permission_withdrawn";
/// `not_current`: members of staff whose employment is over were left out.
pub const NOT_CURRENT: &str = "not_current";
/// `not_teaching`: classes that are no teaching, such as duties, were left out.
pub const NOT_TEACHING: &str = "not_teaching";
/// `bad_upn`: the Unique Pupil Number's form or check letter is wrong; it was kept and proves nothing.
pub const BAD_UPN: &str = "bad_upn";
/// `shared_upn`: several pupils have this Unique Pupil Number; it tells none of them apart. Have it corrected in the MIS.
pub const SHARED_UPN: &str = "shared_upn";
/// `class_source`: what the school's classes were taken from, where that deserves a look.
pub const CLASS_SOURCE: &str = "class_source";
/// `mis_changed`: the school changed its MIS, so its ids may all be new.
pub const MIS_CHANGED: &str = "mis_changed";
/// `frozen`: the school's data are not settled, so nothing ends; pull again later.
pub const FROZEN: &str = "frozen";
/// `count_differs`: Wonde counts another number of records than came.
pub const COUNT_DIFFERS: &str = "count_differs";
/// `relationship_differs`: a student's row and a contact's say different things of what they are to each other; the student's was
/// taken. Have it corrected in the MIS.
pub const RELATIONSHIP_DIFFERS: &str = "relationship_differs";
/// `values_gone`: what many records had is there of none, or nearly none, any more. It may be shared no longer, so that what was
/// known of it is kept, unless too much would be kept with it; ask the school.
pub const VALUES_GONE: &str = "values_gone";
/// `unknown_deletion`: something was deleted of a type that is not known.
pub const UNKNOWN_DELETION: &str = "unknown_deletion";
