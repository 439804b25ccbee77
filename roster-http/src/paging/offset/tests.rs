use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// A server with rows 1 to n.
#[derive(Clone, Debug)]
struct Server {
    rows: Vec<u64>,
    clamp: usize,
    total: Option<u64>,
}

impl Server {
    fn new(rows: u64, clamp: usize) -> Self {
        Self { rows: (1..=rows).collect(), clamp, total: Some(rows) }
    }

    fn page(&self, ask: Ask) -> Vec<Key> {
        let limit = ask.limit.map_or(100, |limit| limit as usize).min(self.clamp);
        self.rows
            .iter()
            .skip(usize::try_from(ask.offset).unwrap())
            .take(limit)
            .map(|row| Some(*row))
            .collect()
    }
}

/// Reads to the end; `at_page` may change the server before that page is answered.
fn read(
    limit: u32,
    at_once: usize,
    mut server: Server,
    mut at_page: impl FnMut(usize, Ask, &mut Server) -> Option<Vec<Key>>,
) -> (HashSet<u64>, Finish, usize) {
    read_keeping(IDS_KEPT, limit, at_once, &mut server, &mut at_page)
}

/// Ids seen may be forgotten after so many rows.
fn read_keeping(
    ids_kept: u64,
    limit: u32,
    at_once: usize,
    server: &mut Server,
    mut at_page: impl FnMut(usize, Ask, &mut Server) -> Option<Vec<Key>>,
) -> (HashSet<u64>, Finish, usize) {
    let mut paging = OffsetPaging { ids_kept, ..OffsetPaging::new(Some(limit)) };
    let mut delivered = HashSet::new();
    let mut in_flight = std::collections::VecDeque::new();
    let mut asked = 0;
    for _ in 0..10_000 {
        while let Some(ask) = paging.plan(in_flight.len(), at_once) {
            asked += 1;
            let page = at_page(asked, ask, server).unwrap_or_else(|| server.page(ask));
            in_flight.push_back((ask, page));
        }
        let (ask, page) = in_flight.pop_front().unwrap();
        let mut deliver = |new: &[usize]| delivered.extend(new.iter().filter_map(|index| page[*index]));
        match paging.take(ask, &page, ascent(&page), server.total) {
            Step::Next(new) => deliver(&new),
            Step::StartOver | Step::Rejoin => in_flight.clear(),
            Step::End(new, finish) => {
                deliver(&new);
                return (delivered, finish, asked);
            }
        }
    }
    panic!("the reading does not end");
}

fn ascent(keys: &[Key]) -> Ascent {
    let ids: Vec<_> = keys.iter().map(|key| key.map(|key| key.to_string())).collect();
    Ascent::of(ids.iter().map(Option::as_deref))
}

fn quiet(_: usize, _: Ask, _: &mut Server) -> Option<Vec<Key>> {
    None
}

#[test]
fn a_clamp_is_no_end_with_or_without_a_total() {
    for at_once in [1, 8] {
        for total in [None, Some(95)] {
            let server = Server { total, ..Server::new(95, 30) };
            let (rows, finish, _) = read(1000, at_once, server, quiet);
            assert_eq!((rows.len(), finish), (95, Finish::Whole), "{total:?}");
        }
    }
}

#[test]
fn no_more_is_asked_than_is_needed() {
    let asked = |rows, limit| read(limit, 1, Server::new(rows, usize::MAX), quiet).2;
    assert_eq!((asked(0, 100), asked(3, 100), asked(150, 100)), (1, 1, 2));
    // A page as large as asked for may be all, or not: one more answer tells.
    assert_eq!(asked(100, 100), 2);
}

#[test]
fn a_total_that_is_too_small_is_not_believed() {
    let server = Server { total: Some(100), ..Server::new(250, 100) };
    let (rows, finish, _) = read(100, 4, server, quiet);
    assert_eq!((rows.len(), finish), (250, Finish::Disagrees { total: 100, came: 250 }));
    let server = Server { total: Some(300), ..Server::new(250, 100) };
    let (rows, finish, _) = read(100, 4, server, quiet);
    assert!(rows.len() == 250 && finish != Finish::Whole, "{finish:?}");
}

#[test]
fn a_server_that_ignores_the_offset_ends_the_reading() {
    let same =
        |rows: u64| move |_: usize, _: Ask, _: &mut Server| Some((1..=rows).map(Some).collect::<Vec<Key>>());
    let unknown = Server { total: None, ..Server::new(30, 30) };
    assert_eq!(read(100, 1, unknown.clone(), same(30)).1, Finish::Repeats);
    // It sent all there is, and more than it was asked for.
    assert_eq!(read(20, 1, unknown, same(30)).1, Finish::Whole);
    assert_eq!(read(30, 1, Server::new(30, 30), same(30)).1, Finish::Whole);
    let (_, finish, asked) = read(30, 1, Server { total: None, ..Server::new(1, 1) }, same(1));
    assert_eq!((finish, asked), (Finish::Repeats, 2 * 4));
}

#[test]
fn an_empty_page_in_the_middle_is_not_the_end() {
    for total in [None, Some(300)] {
        let server = Server { total, ..Server::new(300, 100) };
        let once = |page, _: Ask, _: &mut Server| (page == 2).then(Vec::new);
        assert_eq!(read(100, 1, server.clone(), once).1, Finish::Whole);
        let always = |_, ask: Ask, _: &mut Server| (ask.offset > 150).then(Vec::new);
        assert_eq!(read(100, 1, server, always).1, Finish::EmptyEarly);
    }
}

#[test]
fn a_shorter_page_is_joined_again() {
    let short = |page, ask, server: &mut Server| (page == 3).then(|| server.page(ask)[..7].to_vec());
    let (rows, finish, _) = read(100, 4, Server::new(1000, 100), short);
    assert_eq!((rows.len(), finish), (1000, Finish::Whole));
}

#[test]
fn a_server_that_comes_to_clamp_its_pages_is_not_asked_for_each_page_many_times() {
    let clamp = |page, _: Ask, server: &mut Server| {
        if page == 3 {
            server.clamp = 20;
        }
        None
    };
    let (rows, finish, asked) = read(100, 8, Server::new(2000, 100), clamp);
    assert_eq!((rows.len(), finish), (2000, Finish::Whole));
    // 2 of a hundred, 95 of twenty, and what was under way when they became smaller.
    assert!(asked <= 2 + 95 + 10, "{asked}");
}

#[test]
fn pages_that_become_smaller_are_read_on_from_where_they_are() {
    for at_once in [1, 8] {
        let mut paging = OffsetPaging::new(Some(100));
        let server = Server::new(1000, usize::MAX);
        let mut delivered = HashSet::new();
        let mut in_flight = std::collections::VecDeque::new();
        let mut asked = 0;
        let finish = loop {
            while let Some(ask) = paging.plan(in_flight.len(), at_once) {
                asked += 1;
                in_flight.push_back(ask);
            }
            // Pages of more than 30 rows can't be answered from the third on.
            let ask = in_flight.pop_front().unwrap();
            let mut page = server.page(ask);
            if ask.offset > 150 && page.len() > 30 {
                page.truncate(30);
                paging.narrow(30);
            }
            let mut deliver = |new: &[usize]| delivered.extend(new.iter().filter_map(|index| page[*index]));
            match paging.take(ask, &page, ascent(&page), Some(1000)) {
                Step::Next(new) => deliver(&new),
                Step::StartOver => panic!("nothing moved"),
                Step::Rejoin => in_flight.clear(),
                Step::End(new, finish) => {
                    deliver(&new);
                    break finish;
                }
            }
        };
        assert_eq!((delivered.len(), finish), (1000, Finish::Whole));
        // 2 of a hundred, 29 of thirty, and what was under way when they became smaller.
        assert!(asked <= 2 + 29 + at_once, "{asked}");
    }
}

#[test]
fn a_server_without_an_offset_is_asked_once() {
    for (total, rows, limit, finish) in [
        (Some(30), 30, 100, Finish::Whole),
        (Some(300), 100, 100, Finish::Repeats),
        (None, 30, 100, Finish::Repeats),
        (None, 30, 20, Finish::Whole),
    ] {
        let mut paging = OffsetPaging::new(Some(limit)).without_offset();
        let ask = paging.plan(0, 8).unwrap();
        assert_eq!(paging.plan(1, 8), None);
        let keys: Vec<Key> = (0..rows).map(Some).collect();
        let all = (0..keys.len()).collect();
        assert_eq!(paging.take(ask, &keys, ascent(&keys), total), Step::End(all, finish), "{total:?}");
    }
}

#[test]
fn rows_that_never_stand_still_are_given_up() {
    let move_on = |page, _: Ask, server: &mut Server| {
        server.rows.insert(0, 10_000 + page as u64);
        server.rows.pop();
        None
    };
    assert_eq!(read(10, 1, Server::new(100, 100), move_on).1, Finish::Moving);
}

#[test]
fn a_server_with_one_row_a_page_is_read_too() {
    for total in [None, Some(20)] {
        let server = Server { total, ..Server::new(20, 1) };
        let (rows, finish, _) = read(1, 3, server, quiet);
        assert_eq!((rows.len(), finish), (20, Finish::Whole));
    }
}

#[test]
fn ids_in_order_are_forgotten_and_others_are_not() {
    let held = |rows: Vec<u64>, forget: u64| {
        let mut paging = OffsetPaging { ids_kept: forget, ..OffsetPaging::new(Some(10)) };
        let server = Server { clamp: 10, total: None, rows };
        let (mut most, mut over_again) = (0, 0);
        loop {
            let ask = paging.plan(0, 1).unwrap();
            let page = server.page(ask);
            let step = paging.take(ask, &page, ascent(&page), None);
            most = most.max(paging.seen.as_ref().map_or(0, HashedSet::len));
            match step {
                Step::End(_, finish) => return (most, over_again, finish),
                Step::StartOver => over_again += 1,
                _ => {}
            }
        }
    };
    assert_eq!(held((1..=1000).collect(), 50), (46, 0, Finish::Whole));
    assert_eq!(held((1..=1000).rev().collect(), 50), (1000, 0, Finish::Whole));
    // What came in order no longer does: all is read again, once, and all ids are kept.
    let turned: Vec<_> = (1..=100).chain((101..=1000).rev()).collect();
    assert_eq!(held(turned, 50), (1000, 1, Finish::Whole));
    let same_again: Vec<_> = (1..=100).chain([100, 101]).collect();
    assert_eq!(held(same_again, 50), (101, 1, Finish::Whole));
}

proptest! {
    /// Whatever moves: either all rows that were there all the time are delivered, or the reading does not end whole.
    #[test]
    fn whole_means_that_nothing_that_stayed_was_missed(
        rows in 0_u64..120, clamp in 2_usize..40, limit in 1_u32..60, at_once in 1_usize..6,
        ids_kept in 0_u64..60, counted in any::<bool>(), moves in prop::collection::vec((1_usize..12, any::<bool>(), 0_usize..120), 0..3),
    ) {
        let mut server = Server::new(rows, clamp);
        if !counted { server.total = None; }
        let mut removed = HashSet::new();
        let mut next = 1000;
        let (delivered, finish, _) = read_keeping(ids_kept, limit, at_once, &mut server, |page, _, server| {
            for (_, insert, at) in moves.iter().filter(|(when, ..)| *when == page) {
                if *insert {
                    next += 1;
                    server.rows.insert((*at).min(server.rows.len()), next);
                } else if *at < server.rows.len() {
                    removed.insert(server.rows.remove(*at));
                }
                if counted { server.total = Some(server.rows.len() as u64); }
            }
            None
        });
        let missed = (1..=rows).filter(|row| !removed.contains(row) && !delivered.contains(row)).count();
        prop_assert!(finish != Finish::Whole || missed == 0, "{missed} missed");
    }
}

#[test]
fn rows_that_were_given_and_never_come_again_are_told_unless_they_are_few() {
    // Two pages of rows that never were, which join each other; then the server comes to itself.
    let made_up = |page: usize, _: Ask, _: &mut Server| {
        let first = 1_000 + 9 * (page as u64 - 1);
        (page <= 2).then(|| (first..first + 10).map(Some).collect())
    };
    let (came, finish, _) = read(10, 1, Server::new(95, 10), made_up);
    assert!((1..=95).all(|row| came.contains(&row)), "{came:?}");
    assert_eq!(finish, Finish::Vanished { rows: 10 });
    // Somebody leaves while the list is read.
    let one_leaves = |page: usize, _: Ask, server: &mut Server| {
        if page == 3 {
            server.rows.remove(0);
            server.total = Some(94);
        }
        None
    };
    assert_eq!(read(10, 1, Server::new(95, 10), one_leaves).1, Finish::Whole);
}
