//! What phone, server and reviewer must agree on.
