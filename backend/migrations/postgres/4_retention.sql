-- What reviewers did, and what was deleted: each row chained to the one before by its hash (shared/src/audit.rs). Rows are
-- only ever added, at the end.
CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    hour BIGINT NOT NULL,
    reviewer TEXT NOT NULL,
    action TEXT NOT NULL,
    subject BYTEA NOT NULL,
    request BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

-- A file that was opened and deleted does not come back; see store/retention.rs.
CREATE INDEX audit_deleted ON audit (subject) WHERE action = 'delete_acknowledged';

-- What was ever acknowledged opens, and cannot be discarded; see store/discards.rs.
CREATE INDEX audit_acknowledged ON audit (subject) WHERE action = 'acknowledge';

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are never changed or deleted';
END;
$$;

CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

-- With the table's full name: pg_dump's restore sets no search path.
CREATE FUNCTION audit_at_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last BIGINT;
BEGIN
    EXECUTE format('SELECT coalesce(max(seq), 0) FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO last;
    IF NEW.seq <> last + 1 THEN
        RAISE EXCEPTION 'audit rows are added at the end';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER audit_in_order BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_at_the_end();
