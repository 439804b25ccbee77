//! What a row's shape tells, before anything of it is read.

use roster_core::{
    Problem, codes, decode,
    table::{Holds, Need, Rows},
};

use crate::{
    dialect::Header,
    excel::may_be_damaged,
    rows::{Batch, Fault, RowCells, RowMark},
    survey::SurveyedFile,
};

/// What a row is like that is as most are: not blank, not the header again, as wide as the header, nothing to trim, no value
/// missing and no fault. The reader's thread tells, so that where records are made such a row is not judged at all.
pub(super) struct Ordinary {
    width: usize,
    /// How the header begins.
    first: String,
    /// The cell of the row's id.
    id: Option<usize>,
    /// The cells that should not be empty; none if there is no column that each row must have, and nothing is ordinary then.
    filled: Vec<usize>,
}

impl Ordinary {
    pub(super) fn of(header: &Header) -> Self {
        let must = header.needed().iter().any(|(_, column)| column.need == Need::Required);
        let needed = header.needed().iter().filter(|_| must).map(|(position, _)| *position);
        Self {
            width: header.width(),
            first: header.name_at(0),
            id: header.position(Holds::Id),
            filled: needed.collect(),
        }
    }

    /// Whether the row is so.
    #[inline]
    pub(super) fn is(&self, cells: RowCells<'_>, mark: &RowMark) -> bool {
        cells.len() == self.width
            && mark.fault.is_none()
            && !mark.padded
            && !mark.has_stray_quote
            && !mark.unwrapped
            && !self.filled.is_empty()
            && self.filled.iter().all(|position| !cells.is_empty(*position))
            && (cells.length(0) != self.first.len() || cells.cell(0) != self.first)
            && !self.id.is_some_and(|id| may_be_damaged(cells.bytes(id)))
    }
}

/// Says of a cell that it was wrapped.
pub(super) fn unwrapped() -> Problem {
    let message = "the value was wrapped so that a spreadsheet keeps it as text; the wrapper was taken off";
    Problem::warning(codes::UNWRAPPED, message)
}

/// The id of the record that a row is about, if the cell is there and sound.
pub(super) fn own_id<'a>(file: &SurveyedFile, batch: &'a Batch, mark: &RowMark) -> Option<&'a str> {
    let holds = match file.table.rows {
        Rows::Records(_) => Holds::Id,
        _ => Holds::OfPerson,
    };
    let position = file.header.position(holds)?;
    if mark.ordinary {
        // It is an id that each row must have.
        return Some(batch.cell(mark, position));
    }
    let width = Batch::width(mark);
    let damaged = match mark.fault {
        Some(Fault::InvalidUtf8 { cell } | Fault::ControlCharacter { cell }) => cell <= position,
        // The last cell of a cut row may be cut itself.
        Some(Fault::TooLong) => position + 1 >= width,
        Some(Fault::LineEnds) => true,
        Some(Fault::UnclosedQuote { .. }) => position >= width,
        // With a cell too many or too few, what stands where the id should be may be anything, a name for one.
        None => width != file.header.width() && position > 0,
    };
    let cell = batch.cell(mark, position);
    let id = if mark.padded { decode::trim(cell) } else { cell };
    (!damaged && !id.is_empty()).then_some(id)
}

/// A blank line, a line of commas, or what old systems put at a file's end.
pub(super) fn is_blank(batch: &Batch, mark: &RowMark) -> bool {
    let first = batch.cell(mark, 0);
    if first.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return false;
    }
    let end_mark = |cell: &str| mark.unterminated && cell.chars().all(|c| matches!(c, '\0' | '\u{1a}'));
    batch.cells(mark).all(|cell| decode::trim(cell).is_empty() || end_mark(cell))
        && (mark.fault.is_none() || mark.unterminated)
}

/// Judges a row with another number of cells than the header. Blank cells too many are a spreadsheet's habit only if the file's
/// first row has as many (`usual`); else the row may be shifted, with a last cell that happens to be blank.
pub(super) fn check_width(
    batch: &Batch,
    mark: &RowMark,
    header: &Header,
    usual: usize,
) -> Result<Option<Problem>, Box<Problem>> {
    let (expected, found) = (header.width(), Batch::width(mark));
    let harmless = if found > expected {
        found == usual && batch.cells(mark).skip(expected).all(|cell| decode::trim(cell).is_empty())
    } else {
        header.known().all(|(position, column)| position < found || column.need == Need::Optional)
    };
    if harmless && !mark.has_stray_quote {
        let message =
            format!("the row has {found} cells, the header {expected}; the cells that miss are blank");
        return Ok((found < expected).then(|| Problem::warning(codes::COLUMN_COUNT, message)));
    }
    if mark.has_stray_quote {
        let message =
            "a quote is opened on this line and not closed before the next one; the row was left out";
        return Err(Problem::error(codes::UNCLOSED_QUOTE, message).into());
    }
    let hint = if found > expected { "; often a comma that is not inside quotes" } else { "" };
    let message = format!("the row has {found} cells, the header {expected}{hint}");
    Err(Problem::error(codes::COLUMN_COUNT, message).into())
}

pub(super) fn describe(fault: Fault, header: &Header) -> Problem {
    let in_cell = |problem: Problem, cell: usize| problem.in_field(header.name_at(cell));
    match fault {
        Fault::UnclosedQuote { .. } => Problem::error(
            codes::UNCLOSED_QUOTE,
            "a quote is opened on this line and not closed; the row was left out",
        ),
        Fault::LineEnds => {
            let message =
                "a carriage return stands alone, so that rows may have run together; the row was left out";
            Problem::error(codes::LINE_ENDS, message)
        }
        Fault::TooLong => {
            Problem::error(codes::ROW_TOO_LONG, "the row is longer than the limit; it was left out")
        }
        Fault::InvalidUtf8 { cell } => {
            let message = "the row holds bytes that are no UTF-8; it was left out";
            in_cell(Problem::error(codes::INVALID_UTF8, message), cell)
        }
        Fault::ControlCharacter { cell } => {
            let message = "the row holds a control character; it was left out";
            in_cell(Problem::error(codes::CONTROL_CHARACTER, message), cell)
        }
    }
}
