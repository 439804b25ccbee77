//! The scanner against what it promises, and against the `csv` crate.

use proptest::prelude::*;

use super::*;

/// Scans `bytes` in chunks of `size`, giving out at most `rows` rows at a time.
fn scan(bytes: &[u8], size: usize, rows: usize, width: Option<usize>) -> Vec<(RowMark, Vec<String>)> {
    let mut scanner = Scanner::new(1 << 10);
    if let Some(width) = width {
        scanner.expect_width(width);
    }
    let mut batch = Batch::default();
    let mut all = Vec::new();
    let mut chunks: Vec<&[u8]> = bytes.chunks(size).collect();
    chunks.push(&[]);
    let last = chunks.len() - 1;
    for (index, chunk) in chunks.into_iter().enumerate() {
        let mut more = scanner.scan(chunk, index == last, rows, &mut batch);
        loop {
            for mark in &batch.rows {
                all.push((mark.clone(), batch.cells(mark).map(str::to_owned).collect()));
            }
            if !more {
                break;
            }
            more = scanner.scan(&[], index == last, rows, &mut batch);
        }
    }
    all
}

fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
    scan(text.as_bytes(), 1 << 16, 100, None).into_iter().map(|(mark, cells)| (mark.line, cells)).collect()
}

fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
    (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
}

#[test]
fn lines_are_counted_over_blank_lines_and_line_breaks_in_cells() {
    assert_eq!(
        rows("a,b\n\n1,\"x\ny\"\r\n2,z"),
        [row(1, &["a", "b"]), row(2, &[""]), row(3, &["1", "x\ny"]), row(5, &["2", "z"])]
    );
}

#[test]
fn quotes_inside_cells() {
    assert_eq!(rows("\"say \"\"hi\"\"\",\"\",Bob \"Bo\" S\n"), [row(1, &["say \"hi\"", "", "Bob \"Bo\" S"])]);
    let (mark, cells) = scan(b"\"ab\"cd,e\n", 4, 9, None).remove(0);
    assert!(mark.has_stray_quote && mark.fault.is_none());
    assert_eq!(cells, ["abcd", "e"]);
}

#[test]
fn an_unclosed_quote_costs_its_own_line_alone() {
    for text in [
        "1,\"a,b\n2,c,d\n3,e,f\n",
        "1,\"a,b\n2,\"c\",d\n3,e,f\n",
        "1,\"a\n2,c,d\"\n3,e,f\n",
        "1,\"a,b\r\n2,c,\"d\"\r\n3,e,f\r\n",
    ] {
        let found = scan(text.as_bytes(), 5, 2, Some(3));
        let faults: Vec<_> = found.iter().map(|(mark, _)| (mark.line, mark.fault)).collect();
        assert_eq!(faults[0], (1, Some(Fault::UnclosedQuote { line: 1 })), "{text}");
        assert_eq!(found[0].1, ["1"], "{text}");
        assert_eq!((faults[1], faults[2]), ((2, None), (3, None)), "{text}");
    }
}

#[test]
fn the_line_told_is_the_one_where_the_quote_opened() {
    let found = scan(b"\"x\ny\",\"a\nb,c\nd,e\n", 64, 9, Some(2));
    assert_eq!(found[0].0.fault, Some(Fault::UnclosedQuote { line: 2 }));
    assert_eq!((found[1].0.line, found[1].1.len()), (3, 2));
}

#[test]
fn a_row_over_the_limit_is_passed_over_and_tells_its_id() {
    let text = format!("1,{}\n2,b\n", "x".repeat(5000));
    let found = scan(text.as_bytes(), 700, 9, None);
    assert_eq!((found[0].0.fault, found[0].1[0].as_str()), (Some(Fault::TooLong), "1"));
    assert_eq!((found[1].0.line, found[1].0.fault, found[1].1[0].as_str()), (2, None, "2"));
    assert_eq!(found.len(), 2);
}

#[test]
fn wrong_bytes_mark_their_row_and_cell() {
    let found = scan(b"1,Ren\xe9,z\n2,Ren\xc3\xa9,z\n3,a\0,z\n", 3, 9, None);
    assert_eq!(found[0].0.fault, Some(Fault::InvalidUtf8 { cell: 1 }));
    assert_eq!((found[1].0.fault, found[1].1[1].as_str()), (None, "Ren\u{e9}"));
    assert_eq!(found[2].0.fault, Some(Fault::ControlCharacter { cell: 1 }));
}

#[test]
fn a_carriage_return_that_stands_alone_is_a_fault_and_one_before_a_line_feed_is_none() {
    let found = scan(b"a,b\rc,d\n1,\"x\r\ny\"\r\n", 3, 9, None);
    assert_eq!(found[0].0.fault, Some(Fault::LineEnds));
    assert_eq!((found[1].0.fault, found[1].1[1].as_str()), (None, "x\r\ny"));
}

#[test]
fn a_row_without_a_line_break_at_the_end_says_so() {
    let found = scan(b"a\n\"b\"", 2, 9, None);
    assert!(!found[0].0.unterminated && found[1].0.unterminated);
    assert_eq!(found[1].1, ["b"]);
}

/// Cells as a tidy writer may write them.
fn tidy_rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    let cell = "([a-z,\"\n é]|\r\n){0,9}";
    (1_usize..5).prop_flat_map(move |width| {
        proptest::collection::vec(proptest::collection::vec(cell, width..=width), 1..9)
    })
}

proptest! {
    #[test]
    fn reads_what_the_csv_crate_writes(rows in tidy_rows(), size in 1_usize..50, at_once in 1_usize..4, crlf: bool) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let found = scan(&bytes, size, at_once, Some(rows[0].len()));
        prop_assert!(found.iter().all(|(mark, _)| mark.fault.is_none()));
        prop_assert_eq!(found.into_iter().map(|(_, cells)| cells).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn any_bytes_give_the_same_rows_whatever_the_chunks(
        bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300),
        size in 1_usize..40,
        at_once in 1_usize..5,
    ) {
        let describe = |found: Vec<(RowMark, Vec<String>)>| {
            found.into_iter().map(|(mark, cells)| (mark.line, mark.fault, cells)).collect::<Vec<_>>()
        };
        let whole = describe(scan(&bytes, bytes.len().max(1), 1000, Some(2)));
        prop_assert_eq!(describe(scan(&bytes, size, at_once, Some(2))), whole);
    }

    #[test]
    fn many_bytes_at_once_give_the_rows_that_one_after_the_other_do(
        cells in proptest::collection::vec(prop_oneof![
            4 => "[a,]{0,30}", 2 => "\"[a ,]{0,40}\"", 1 => Just("\r\n".to_owned()), 2 => Just("\n".to_owned()), 1 => "[a\",\r\n]{0,9}",
        ], 0..60),
        separated: bool,
    ) {
        let text = cells.join(if separated { "," } else { "" }).replace(",\n,", "\n").replace(",\r\n,", "\r\n");
        let text = text.as_bytes();
        let (mut quick, mut slow) = (Batch::default(), Batch::default());
        let mut lines = Lines { at: 0, line: 1 };
        let mut looks = Looks::PLAIN;
        lines.take(text, (usize::MAX, usize::MAX), &mut quick, &mut looks);
        let (mut scanner, mut at) = (Scanner::new(usize::MAX), 0);
        while at < lines.at {
            let found = scanner.row(text, at, false, &mut slow).unwrap();
            at += found.length;
            scanner.line += found.lines;
        }
        prop_assert_eq!((at, scanner.line), (lines.at, lines.line));
        let told = |batch: &Batch| format!("{:?} {:?}", batch.rows, batch.starts);
        prop_assert_eq!(told(&quick), told(&slow));
    }

    #[test]
    fn every_physical_line_belongs_to_one_row(bytes in proptest::collection::vec(
        prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'x')], 0..300,
    )) {
        let found = scan(&bytes, 64, 100, Some(2));
        let lines: Vec<_> = found.iter().map(|(mark, _)| mark.line).collect();
        prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(lines.last().copied().unwrap_or(0) <= newlines(&bytes) + 1);
    }
}
