//! The desk: one page, opened from the disk of a computer that is offline.

fn main() {}
