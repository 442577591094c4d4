//! What a source asks of its format: kinds of records, columns.

use super::*;

#[test]
fn faults_of_what_is_asked_of_a_format() {
    check(
        &["[[source]]\npaths = \"/x\"\nalso = [\"dorp\", \"drop\"]\ncolumns = \"timestamp\"\n",
        "[[source]]\npaths = \"/y\"\nformat = \"snort-csv\"\nalso = \"drop\"\ncolumns = [\"timestmap\", \"-\"]\n"],
        "
a.toml:3:9: `also`: wanted a kind of records that the format knows (`ipsbell formats`), found `dorp`
  hint: did you mean `drop`?
a.toml:4:11: `columns`: wanted a format whose columns can be named, found `timestamp`
  hint: say which it is: `format = \"snort-csv\"`
b.toml:4:8: `also`: wanted a kind of records that the format knows (`ipsbell formats`), found `drop`
  hint: `snort-csv` has none: leave `also` out
b.toml:5:12: `columns`: wanted the name of a column, or `-` for one that is passed over, found `timestmap`
  hint: did you mean `timestamp`?
",
    );
}

#[test]
fn one_value_is_a_list_of_one() {
    let read = |text: &str| {
        let text = format!("[[source]]\npaths = \"/x\"\n{text}");
        read_with(&[&text], true, Secrets::Leave).unwrap().sources.remove(0)
    };
    assert_eq!(read("also = \"drop\"").also, ["drop"]);
    assert_eq!(read("also = [\"anomaly\", \"drop\"]").also, ["anomaly", "drop"]);
    let source = read("format = \"snort-csv\"\ncolumns = [\"msg\", \"-\", \"src\"]");
    assert_eq!(source.columns, ["msg", "-", "src"]);
    assert!(source.also.is_empty());
}
