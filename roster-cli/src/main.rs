//! The command `roster`.

fn main() {}
