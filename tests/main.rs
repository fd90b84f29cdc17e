//! Journeys from end to end.
