//! What a source may ask of its format: kinds of records beside alerts, and the order of columns. Pure; also serves the
//! command line.

use ipsbell_parsers::record::PASSED_OVER;
use ipsbell_parsers::{Choice, Format};

use crate::wanted::Unfit;

/// A kind of records that the format knows, or any format that may be found ([`Format::also`]).
///
/// # Errors
/// Anything else; the hint is the nearest kind, or that there is none.
pub fn also(
    choice: Choice,
    formats: &[&'static Format],
    kind: &str,
) -> Result<&'static str, Unfit> {
    const WANTED: &str = "a kind of records that the format knows (`ipsbell formats`)";
    let mut known: Vec<&'static str> = match choice {
        Choice::Fixed(format) => format.also.to_vec(),
        Choice::Auto | Choice::None => {
            formats.iter().flat_map(|format| format.also.iter().copied()).collect()
        }
    };
    known.sort_unstable();
    known.dedup();
    match choice {
        Choice::Fixed(format) if known.is_empty() => {
            let hint = format!("`{}` has none: leave `also` out", format.name);
            Err(Unfit::new(WANTED).hint(hint))
        }
        Choice::None => {
            Err(Unfit::new(WANTED).hint("a format of [[format]] has none: leave `also` out"))
        }
        Choice::Fixed(_) | Choice::Auto => one_of(WANTED, kind, &known),
    }
}

/// A column of the format ([`Headed::columns`](ipsbell_parsers::record::Headed::columns)), or [`PASSED_OVER`].
///
/// # Errors
/// Anything else, and everything where the format has no columns that can be named; the hint is the nearest column, or
/// the formats that have some.
pub fn column(
    choice: Choice,
    formats: &[&'static Format],
    name: &str,
) -> Result<&'static str, Unfit> {
    let columns =
        |format: &Format| format.framing.headed().map_or(&[][..], |headed| headed.columns);
    let known = match choice {
        Choice::Fixed(format) => columns(format),
        Choice::Auto | Choice::None => &[],
    };
    if known.is_empty() {
        let with_columns = formats.iter().filter(|format| !columns(format).is_empty());
        let names: Vec<String> =
            with_columns.map(|format| format!("`format = \"{}\"`", format.name)).collect();
        let unfit = Unfit::new("a format whose columns can be named");
        return Err(unfit.hint(format!("say which it is: {}", names.join(" or "))));
    }
    let known: Vec<&'static str> = known.iter().copied().chain([PASSED_OVER]).collect();
    one_of("the name of a column, or `-` for one that is passed over", name, &known)
}

fn one_of(wanted: &str, text: &str, known: &[&'static str]) -> Result<&'static str, Unfit> {
    let found = known.iter().copied().find(|word| *word == text);
    found.ok_or_else(|| Unfit::one_of(wanted, text, known))
}

#[cfg(test)]
mod tests {
    use ipsbell_parsers::FORMATS;

    use super::*;

    fn fixed(name: &str) -> Choice {
        Choice::Fixed(ipsbell_parsers::format(name).unwrap())
    }

    #[track_caller]
    fn check(read: Result<&'static str, Unfit>, want: Result<&str, &str>) {
        match (&read, want) {
            (Ok(found), Ok(want)) => assert_eq!(*found, want),
            (Err(unfit), Err(hint)) => {
                let found = unfit.hint.as_deref().unwrap_or_default();
                assert!(found.contains(hint), "{found}");
            }
            _ => panic!("{read:?}, not {want:?}"),
        }
    }

    #[test]
    fn kinds_are_those_of_the_format() {
        check(also(Choice::Auto, FORMATS, "drop"), Ok("drop"));
        check(also(fixed("suricata-eve"), FORMATS, "anomaly"), Ok("anomaly"));
        check(also(fixed("suricata-eve"), FORMATS, "dorp"), Err("did you mean `drop`?"));
        check(also(Choice::Auto, FORMATS, "anomalies"), Err("did you mean `anomaly`?"));
        check(also(fixed("snort-fast"), FORMATS, "drop"), Err("`snort-fast` has none"));
    }

    #[test]
    fn columns_are_those_of_the_format() {
        check(column(fixed("snort-csv"), FORMATS, "sig_id"), Ok("sig_id"));
        check(column(fixed("snort-csv"), FORMATS, "-"), Ok("-"));
        check(column(fixed("snort3-csv"), FORMATS, "disposition"), Err("known: `timestamp`"));
        check(column(fixed("snort3-csv"), FORMATS, "timestmap"), Err("did you mean `timestamp`?"));
        for choice in [Choice::Auto, fixed("snort-fast"), fixed("zeek-notice")] {
            let hint = "`format = \"snort-csv\"` or `format = \"snort3-csv\"`";
            check(column(choice, FORMATS, "timestamp"), Err(hint));
        }
    }
}
