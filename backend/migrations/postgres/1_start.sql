-- Tables are keyed by hashes and random numbers: nothing in them counts arrivals. Times are Unix seconds at which an hour
-- began.

CREATE TABLE packs (
    serial BIGINT NOT NULL PRIMARY KEY,
    issued_day BIGINT NOT NULL,
    signed TEXT NOT NULL
);

-- Complete exactly when received = length: the last bytes are written in the transaction that makes it a registration.
CREATE TABLE uploads (
    id BYTEA NOT NULL PRIMARY KEY,
    length BIGINT NOT NULL,
    received BIGINT NOT NULL,
    -- Null until the file's header has said it, where the metadata do not.
    proof_sha256 BYTEA,
    hour BIGINT NOT NULL
);

-- Ciphertext, in pieces of at most 64 KiB.
-- It does not compress: PostgreSQL need not try.
CREATE TABLE chunks (
    upload BYTEA NOT NULL,
    position BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (upload, position)
);

ALTER TABLE chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE registrations (
    sha256 BYTEA NOT NULL PRIMARY KEY,
    upload BYTEA NOT NULL,
    length BIGINT NOT NULL,
    proof_sha256 BYTEA NOT NULL,
    hour BIGINT NOT NULL,
    -- 1 where its hour had brought as many as a usual hour brings before it came: kept alike, told apart, fetched last.
    quarantine BIGINT NOT NULL
);

CREATE INDEX registrations_of_an_hour ON registrations (quarantine, hour);

CREATE TABLE acknowledgements (
    sha256 BYTEA NOT NULL REFERENCES registrations (sha256) ON DELETE CASCADE,
    reviewer TEXT NOT NULL,
    hour BIGINT NOT NULL,
    PRIMARY KEY (sha256, reviewer)
);

-- Who says that a registration opens for nobody.
CREATE TABLE discards (
    sha256 BYTEA NOT NULL REFERENCES registrations (sha256) ON DELETE CASCADE,
    reviewer TEXT NOT NULL,
    hour BIGINT NOT NULL,
    PRIMARY KEY (sha256, reviewer)
);

-- Who objects to the deletion of a registration: while somebody does, only its age deletes it.
CREATE TABLE objections (
    sha256 BYTEA NOT NULL REFERENCES registrations (sha256) ON DELETE CASCADE,
    reviewer TEXT NOT NULL,
    hour BIGINT NOT NULL,
    PRIMARY KEY (sha256, reviewer)
);

-- Who is still to be told of which registration.
CREATE TABLE notices (
    reviewer TEXT NOT NULL,
    sha256 BYTEA NOT NULL REFERENCES registrations (sha256) ON DELETE CASCADE,
    PRIMARY KEY (reviewer, sha256)
);

CREATE INDEX notices_of_a_registration ON notices (sha256);

-- What became of the last mail to each reviewer: an empty code is a success.
CREATE TABLE mail (
    reviewer TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL
);

-- Tokens that were used, until they expire.
CREATE TABLE tokens (
    jti BYTEA NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);

-- One row that is written to learn whether anything can be.
CREATE TABLE probe (
    id BIGINT NOT NULL PRIMARY KEY,
    counter BIGINT NOT NULL
);

INSERT INTO probe (id, counter) VALUES (1, 0);
