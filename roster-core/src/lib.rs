#![doc = include_str!("../README.md")]

mod capability;
mod context;
mod cursor;
pub mod decode;
mod error;
mod event;
mod ext;
mod fields;
pub mod hashed;
mod id;
mod in_scope;
mod kind;
mod model;
mod problem;
mod request;
mod secret;
mod source;
pub mod table;
mod tally;
mod tenant;
pub mod upn;
mod vocab;

#[doc(no_inline)]
pub use async_trait::async_trait;
#[doc(no_inline)]
pub use jiff;

pub use self::{
    capability::{Capabilities, CheckReport, Incremental, KindCapability, SourceInfo},
    context::{Clock, Notice, Observer, PullContext, RowCounts, SystemClock, Unobserved},
    cursor::Cursor,
    error::{BoxError, Error, ErrorKind, Result},
    event::{Completeness, PartialCode, Place, PullEvent, Slice},
    ext::{Item, Roster, RosterSourceExt, until},
    fields::{
        AcademicSessionField, ClassField, CourseField, EnrollmentField, Field, FieldSet, OrgField,
        PersonField, RelationshipField,
    },
    id::SourcedId,
    in_scope::InScope,
    kind::{EntityKind, UnknownKind},
    model::{
        AcademicSession, Address, Affiliation, Class, Course, Enrollment, Entity, Extra, GroupTag,
        Identifier, LabeledText, LegalName, Org, Person, PersonName, Record, Relationship, Sensitive,
        SensitiveField, Subject, UnknownSensitiveField,
    },
    problem::{CodeInfo, Problem, Severity, codes},
    request::{PullMode, PullRequest, Scope},
    secret::{ExposeSecret, SecretString},
    source::{PullStream, RosterSource},
    tally::{KindTally, ProblemGroup, SHOWN_PROBLEMS, Tally},
    tenant::{Ask, ConnectionState, Tenant, TenantDirectory},
    vocab::{
        AccountState, ClassState, ClassType, ContactKind, DemographicField, GradeLevel, GradeScheme,
        GradeTable, IdentifierScheme, Level, OrgType, Role, SessionType, Spelling,
    },
};
