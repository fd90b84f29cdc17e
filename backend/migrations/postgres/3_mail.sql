-- A notice without a slot waits. One with a slot is in that slot's mail, which is on its way and may have to be sent again.
-- Slots are ticks of the fixed clock: what is in a mail tells no more of a person's time than the mail itself.
ALTER TABLE notices ADD COLUMN slot BIGINT;

-- Codes of last failures, which the next mail finds out anew.
DROP TABLE mail;

-- The mail to each reviewer. Its times are the mail's, and no person's.
CREATE TABLE mail (
    reviewer TEXT NOT NULL PRIMARY KEY,
    -- The last slot that is done with, whether anything was to be said or not.
    done BIGINT NOT NULL,
    -- The slot whose mail is on its way, if one is; of how many files it speaks, of how many it warns, and what its
    -- Message-ID is made of.
    slot BIGINT,
    files BIGINT NOT NULL,
    expiring BIGINT NOT NULL,
    -- How many of the files are in quarantine, and which deletions it announces (JSON); the latter stay when it has gone out,
    -- so that the next mail knows which are new.
    quarantined BIGINT NOT NULL,
    deletions TEXT NOT NULL,
    id BYTEA NOT NULL,
    -- How often in succession it failed so that another attempt may help, and when that is due.
    failures BIGINT NOT NULL,
    retry_at BIGINT NOT NULL,
    -- What the last attempt failed with; empty once a mail has gone out.
    code TEXT NOT NULL,
    -- Which server is sending it, and until when no other may.
    holder BYTEA NOT NULL,
    held_until BIGINT NOT NULL
);
