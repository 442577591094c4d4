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

-- A store that is damaged, copied to another machine, or under a clock that jumps.

ALTER TABLE identity ADD COLUMN home BLOB;  -- 16 bytes: hash of the machine's id; a store that finds another is a copy
-- Events up to this sequence number may have been told before, from a database that was set aside: their posts say so.
ALTER TABLE identity ADD COLUMN repeated_until INTEGER NOT NULL DEFAULT 0;
-- The last time of day that retention saw, and since when it does not believe the clock.
ALTER TABLE identity ADD COLUMN clock_seen_at INTEGER;
ALTER TABLE identity ADD COLUMN clock_doubted_at INTEGER;
