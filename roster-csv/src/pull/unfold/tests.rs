use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    files::FileSet,
    limits::Limits,
    pull::{judge::Outcome, plan::Purpose, unfolded::make_rows},
    source::CsvSource,
    survey::Survey,
};

const HEADER: &str = "school_id,school_name,teacher_email,teacher_first_name,teacher_last_name,class_id,class_name,\
                      student_first_name,student_last_name,student_email,student_grade_level\n";

/// What each reading made of the rows: cells, record and what was there before.
type Made = Vec<(Vec<String>, u64, Seen)>;

/// Rows that are no record, or of which something is said.
type Odds = Vec<(u64, Outcome)>;

fn made(rows: &str, spares: bool) -> (Vec<Made>, Odds) {
    made_by(rows, spares, Own::Picked)
}

/// What becomes of rows of the first reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    /// They are made at once.
    Made,
    /// Those that tell of a seat for the first time are picked.
    Picked,
    /// All are picked, and seats that were told already are left out afterwards.
    PickedAll,
}

fn made_by(rows: &str, spares: bool, own: Own) -> (Vec<Made>, Odds) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("roster.csv"), format!("{HEADER}{rows}")).unwrap();
    let mut files = FileSet::open(folder.path(), Limits::default()).unwrap();
    let source = CsvSource::builder().path(folder.path()).dialect("one_file").build().unwrap();
    let survey = Survey::take(&mut files, &source.settings).unwrap();
    let mut readings: Vec<_> =
        survey.files.iter().map(|file| (file, file.unfolding.as_ref().unwrap())).collect();
    // The seats of pupils stand last, and are read first.
    readings.reverse();
    let (file, purpose) = (survey.files.len() - 1, Purpose::Records);
    let step = Step { file, purpose, is_lead: true, is_last: false, tells_seats: own == Own::PickedAll };
    let mut views = Views::of(&readings, &step).unwrap();
    assert_eq!(views.groups.len(), 2, "about a class, and about a pupil");
    if own == Own::Made {
        views.readings[0].picks = None;
        // Then it tells its seats apart by itself.
        views.are_seats = None;
    }
    if !spares {
        views.groups.iter_mut().for_each(Group::spare_nothing);
    }
    let mut scanner = crate::rows::Scanner::new(1 << 10);
    let (mut batch, mut odd) = (Batch::default(), Vec::new());
    let text = format!("{HEADER}{rows}");
    // Two batches, so that one remembers what the other said.
    let (front, back) = text.as_bytes().split_at(text.len() / 2);
    for (piece, last) in [(front, false), (back, true)] {
        scanner.scan(piece, last, usize::MAX, &mut batch);
        views.take(&batch, &mut odd);
        if views.pick(&mut batch) {
            let View { unfolding, subject, hashed, out, .. } = &mut views.readings[0];
            let marks = (0..batch.len()).filter_map(|index| batch.row(index));
            make_rows((*unfolding, Some(*subject)), (&batch, marks), hashed, out);
        }
    }
    let made = |view: &View<'_>| {
        let marks = (0..view.out.len()).filter_map(|index| view.out.row(index));
        marks
            .map(|mark| (view.out.cells(mark).map(str::to_owned).collect(), mark.record, mark.seen))
            .collect()
    };
    let odd = odd.iter().map(|odd| (odd.record, odd.outcome)).collect();
    let mut made: Vec<Made> = views.readings.iter().map(made).collect();
    if own == Own::PickedAll {
        let (subject, mut told) = (views.readings[0].subject, BTreeSet::new());
        made[0].retain(|(cells, ..)| told.insert(cells[subject].clone()));
    }
    (made, odd)
}

fn row() -> impl Strategy<Value = String> {
    let one_of = |words: &'static [&'static str]| prop::sample::select(words);
    (
        one_of(&["1,North", "1,North", "2,South", "2,\"South\"", "1,Nord", ","]),
        one_of(&[
            "t@x.example,Ann,Lee",
            "t@x.example,Ann,Lee",
            "T@x.example,Ann,Lee",
            "none,Ann,Lee",
            "u@x.example,Bo,",
        ]),
        one_of(&["c1,Art", "c2,\"Art, Music\"", "c2,Art", "c3,", ","]),
        one_of(&["Cy,Ray", "Cy,Ray", "\"Cy\",Ray", "Di,Ray ", ","]),
        one_of(&[
            "a@x.example,01",
            "a@x.example,01",
            "b@x.example,02",
            "noemail@x.example,02",
            "A@x.example,1",
            ",",
        ]),
    )
        .prop_map(|(school, teacher, class, name, pupil)| {
            format!("{school},{teacher},{class},{name},{pupil}\n")
        })
}

proptest! {
    #[test]
    fn what_is_spared_would_have_made_nothing(rows in prop::collection::vec(row(), 1..150)) {
        let rows = rows.concat();
        prop_assert_eq!(made(&rows, true), made(&rows, false));
    }

    #[test]
    fn rows_are_picked_as_they_would_be_made(rows in prop::collection::vec(row(), 1..150)) {
        let rows = rows.concat();
        let wanted = made_by(&rows, true, Own::Made);
        prop_assert_eq!(&made_by(&rows, true, Own::Picked), &wanted);
        prop_assert_eq!(&made_by(&rows, true, Own::PickedAll), &wanted);
    }
}
