-- The serial of the pack that an upload says it is sealed to: it may be revoked while the upload is on its way.
ALTER TABLE uploads ADD COLUMN pack BIGINT;
