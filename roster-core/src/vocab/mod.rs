//! The words of the field: roles, types, grades. Open where vendors add words of their own.

mod grade;
mod role;
mod types;
mod words;

pub use self::{
    grade::{GradeLevel, GradeScheme, GradeTable, Level, Spelling},
    role::Role,
    types::{
        AccountState, ClassState, ClassType, ContactKind, DemographicField, IdentifierScheme, OrgType,
        SessionType,
    },
};
