-- The serial of the pack that an upload says it is sealed to: it may be revoked while the upload is on its way.
ALTER TABLE uploads ADD COLUMN pack BIGINT;

-- What the file's SHA-256 has to be, where a proof of work was brought for it.
ALTER TABLE uploads ADD COLUMN sha256 BYTEA;

-- Challenges that were answered, until they expire.
CREATE TABLE challenges (
    nonce BYTEA NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);

-- Keys that servers behind one name share. None of them protects anything of a person's.
CREATE TABLE server_keys (
    purpose TEXT NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL
);
