//! What sync knows of records: their bytes, their fields, what they name, and the groups they count in.

mod body;
mod canon;
mod fields;
mod groups;
mod references;

pub(crate) use self::{
    body::{bare, read, set_id, write},
    fields::{Mask, differ, digest, merge},
    groups::{Group, groups},
    references::{derived_id, links, mentions, parent_kinds, parents, visit},
};
