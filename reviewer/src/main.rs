//! The reviewer.
fn main() {}
