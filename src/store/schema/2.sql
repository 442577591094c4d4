-- Version 2.

-- What happened once to the agent's own work, for people to be told: bytes that nobody could read, a store that was set
-- aside. Written in the transaction that knows of it; each destination tells those after its own cursor.
CREATE TABLE incident (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,                  -- a name of `trouble::Kind`
    subject TEXT NOT NULL,                  -- the path, the destination: what it is about
    text    TEXT NOT NULL
) STRICT;

-- What a row of `position` is kept for: 0 the file is read on, 1 it is missing and may come back, 2 it was let go (or was
-- there before its log was followed) and must not be read again up to the offset.
ALTER TABLE position ADD COLUMN stage INTEGER NOT NULL DEFAULT 0;
-- Since when, in microseconds since 1970; 0 in rows of version 1. `size` of one that was let go is that on the disk.
ALTER TABLE position ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
-- What was read, at ends of lines: of each 8 bytes of its offset and 8 of a hash, by which a copy is known that the log
-- was read beyond.
ALTER TABLE position ADD COLUMN anchors BLOB NOT NULL DEFAULT x'';
