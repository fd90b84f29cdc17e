-- What reviewers did, and what was deleted: each row chained to the one before by its hash (shared/src/audit.rs). Rows are
-- only ever added, at the end; REPLACE would delete without asking the second trigger, and is stopped by the third.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    hour BIGINT NOT NULL,
    reviewer TEXT NOT NULL,
    action TEXT NOT NULL,
    subject BLOB NOT NULL,
    request BLOB NOT NULL,
    hash BLOB NOT NULL
) WITHOUT ROWID;

-- A file that was opened and deleted does not come back; see store/retention.rs.
CREATE INDEX audit_deleted ON audit (subject) WHERE action = 'delete_acknowledged';

-- What was ever acknowledged opens, and cannot be discarded; see store/discards.rs.
CREATE INDEX audit_acknowledged ON audit (subject) WHERE action = 'acknowledge';

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit rows are never changed');
END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit rows are never deleted');
END;

CREATE TRIGGER audit_in_order BEFORE INSERT ON audit WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit) BEGIN
    SELECT RAISE(ABORT, 'audit rows are added at the end');
END;
