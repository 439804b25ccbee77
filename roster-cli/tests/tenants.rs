//! Who has connected, where a vendor can tell.

#![allow(clippy::unwrap_used, reason = "tests, and functions of tests")]

mod run;

use self::run::Folder;

#[test]
fn a_provider_without_a_directory_says_so() {
    let folder = Folder::new();
    let ran = folder.roster(&["tenants", "csv", "--json"]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (1, &"unsupported".into()), "{}", ran.stderr);
    for verb in ["connect", "disconnect"] {
        let ran = folder.roster(&[verb, "csv:somewhere"]);
        assert!(ran.code == 1 && ran.stderr.contains("can't list who has connected"), "{}", ran.stderr);
    }
    let ran = folder.roster(&["tenants", "clevr"]);
    assert!(ran.code == 2 && ran.stderr.contains("no provider `clevr`"), "{}", ran.stderr);
}
