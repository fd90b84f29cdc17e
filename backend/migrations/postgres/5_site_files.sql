-- The hashed files of the sites that were served here, packed with brotli; see store/site_files.rs. They are public.
CREATE TABLE site_files (
    name TEXT NOT NULL PRIMARY KEY,
    packed BYTEA NOT NULL,
    current_hour BIGINT NOT NULL
);
