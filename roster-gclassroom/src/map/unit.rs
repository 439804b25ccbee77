use roster_core::SourcedId;

use super::{Row, Spot, without_id};
use crate::{rules::Unit, wire};

/// An org unit. Its id is what tells it from others: paths change when a unit is renamed.
pub(crate) fn unit(wire: &wire::OrgUnit<'_>, spot: &Spot) -> Row<Unit> {
    let Some(id) = wire.org_unit_id.get() else { return without_id(spot, "orgUnitId") };
    let Some(path) = wire.org_unit_path.get() else { return without_id(spot, "orgUnitPath") };
    let by_path = path.rsplit('/').next().unwrap_or_default();
    let name = wire.name.get().unwrap_or(by_path).to_owned();
    let is_below_root = wire.parent_org_unit_path.get() == Some("/");
    let root = wire.parent_org_unit_id.get().filter(|_| is_below_root).map(SourcedId::from);
    Row::Read(Unit { id: id.into(), name, path: path.to_owned(), root })
}
