#![doc = include_str!("../README.md")]

mod builder;
mod changes;
mod client;
mod config;
mod error;
mod key;
mod login;
mod map;
mod pull;
mod push;
mod rules;
mod scopes;
mod source;
mod tenants;
mod wire;

pub use self::{
    builder::GClassroomSourceBuilder,
    config::{CourseState, GClassroomConfig},
    login::GoogleLogin,
    push::{Feed, Hint, PushError, Registration, Registrations, hint},
    rules::{
        AliasRule, ClassRules, ClassSchool, ExternalIdRule, GoogleRules, GraduationRule, PeopleRule,
        SchoolRule,
    },
    scopes::GoogleScope,
    source::{GClassroomSource, PROVIDER},
    tenants::GoogleProject,
};
