//! A seeded district.
