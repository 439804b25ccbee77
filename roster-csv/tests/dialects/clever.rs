//! Contacts of Clever's SFTP set, who may have no ids of their own.

use std::{collections::BTreeSet, fs};

use crate::reading::{Read, read_all};

/// A set of one school whose pupils have these contacts, each a cell or several.
async fn with_contacts(columns: &str, contacts: &[&str]) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let mut pupils = format!("Student_id,School_id,First_name,Last_name,{columns}\n");
    for (number, contact) in (1..).zip(contacts) {
        pupils.push_str(&format!("p{number},s1,Cy{number},Ray,{contact}\n"));
    }
    for (file, text) in [
        ("schools", "School_id,School_name,School_number\ns1,Elm,1\n"),
        ("students", &pupils),
        ("teachers", "Teacher_id,School_id,First_name,Last_name\nt1,s1,Ann,Lee\n"),
        ("sections", "Section_id,School_id,Teacher_id,Name\nc1,s1,t1,Art\n"),
        ("enrollments", "School_id,Section_id,Student_id\ns1,c1,p1\n"),
    ] {
        fs::write(folder.path().join(format!("{file}.csv")), text).unwrap();
    }
    read_all(folder.path()).await
}

/// The ids of the contacts that came, and of those that relationships name.
fn ids(read: &Read) -> (Vec<&str>, BTreeSet<&str>) {
    let contacts = read.roster.people.iter().filter(|person| person.is_contact());
    let named = read.roster.relationships.iter().map(|relationship| &*relationship.contact);
    (contacts.map(|person| &*person.id).collect(), named.collect())
}

#[tokio::test]
async fn a_contacts_name_is_the_same_however_wide_the_blanks_in_it_are() {
    const COLUMNS: &str = "Contact_name,Contact_email,Contact_phone";
    let tidy = with_contacts(COLUMNS, &["Ma Ray,ma@x.example,555 1"]).await;
    let (contacts, _) = ids(&tidy);
    let [id] = contacts[..] else { panic!("{contacts:?}") };
    let ways = [
        "Ma Ray,ma@x.example,555 1",
        "Ma  Ray,ma@x.example,555 1",
        "\"Ma\nRay\",MA@x.example,555 1",
        "\" Ma \r\n Ray \",ma@x.example,555  1",
    ];
    // Whoever is first, the id is that of the tidy way.
    for first in 0..ways.len() {
        let mut ways = ways;
        ways.rotate_left(first);
        let read = with_contacts(COLUMNS, &ways).await;
        assert_eq!(ids(&read), (vec![id], BTreeSet::from([id])), "{first}");
        assert_eq!(read.roster.relationships.len(), ways.len(), "{first}");
        assert_eq!(read.counts("students.csv"), [4, 0, 0, 0], "{first}: {:?}", read.told());
        assert!(read.partial().is_empty(), "{first}");
    }
    // Names of other letters are those of others.
    let others = [ways[0], "MaRay,ma@x.example,555 1", "Ma\u{a0}Ray,ma@x.example,555 1"];
    assert_eq!(ids(&with_contacts(COLUMNS, &others).await).0.len(), 3);
}

#[tokio::test]
async fn in_a_contacts_own_id_each_blank_counts() {
    let read =
        with_contacts("Contact_sis_id,Contact_name", &["k 1,Ma Ray", "k  1,Pa Ray", "k 1,Ma  Ray"]).await;
    let expected = ["contact:k  1", "contact:k 1"];
    let (mut contacts, named) = ids(&read);
    contacts.sort_unstable();
    assert_eq!((contacts, named), (expected.to_vec(), BTreeSet::from(expected)));
    assert!(read.partial().is_empty(), "{:?}", read.told());
}
