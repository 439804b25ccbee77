//! The scripted source keeps all laws, and no check skips it.

use roster_testkit::scripted::ScriptedHarness;

roster_testkit::conformance!(scripted, || async { ScriptedHarness::new() }, skips = []);
