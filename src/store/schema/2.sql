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
