//! From a record's stamp to an instant: the year that a log leaves out, the zone that it does not name. Pure.
