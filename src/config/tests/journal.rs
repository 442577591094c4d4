//! What may stand in `journal`.

use super::*;

#[track_caller]
fn check(journal: &str, wanted: &str) {
    let text = format!("[[source]]\njournal = {journal}\n");
    let config = read_with(&[&text], true, Secrets::Leave);
    let config = config.unwrap_or_else(|faults| panic!("{text}\n{faults}"));
    assert_eq!(config.sources[0].shown(), wanted, "{text}");
    assert!(config.sources[0].paths.is_empty());
}

#[track_caller]
fn refused(source: &str, wanted: &str) {
    let faults =
        read_with(&[&format!("[[source]]\n{source}\n")], true, Secrets::Leave).unwrap_err();
    assert!(faults.to_string().contains(wanted), "{source}\n{faults}");
}

#[test]
fn the_same_entries_have_the_same_name() {
    check("{ unit = \"fail2ban\" }", "journal:unit=fail2ban.service");
    check("{ unit = [\"b.socket\", \"a\"] }", "journal:unit=a.service,unit=b.socket");
    check(
        "{ kernel = true, identifier = \"snort\", directory = \"/j\" }",
        "journal:identifier=snort,kernel,directory=/j",
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    refused("journal = { }", "one of `unit`, `identifier` and `kernel = true` at least");
    refused("journal = { kernel = false }", "one of `unit`, `identifier`");
    refused("journal = { units = \"a\" }", "did you mean `unit`?");
    refused("journal = { unit = [\"a,b\"] }", "without a comma");
    refused("journal = { identifier = \"\" }", "a name of 1 to 255 bytes");
    refused("journal = { kernel = true, directory = \"j\" }", "an absolute path of a directory");
    refused("journal = \"fail2ban\"", "a table such as");
    refused("journal = { kernel = true }\npaths = [\"/x\"]", "`paths` beside `journal`");
    refused("journal = { kernel = true }\nexclude = [\"x\"]", "`exclude` beside `journal`");
    refused(
        "journal = { unit = \"a\" }\n[[source]]\njournal = { unit = [\"b\", \"a.service\"] }",
        "is given twice",
    );
}
