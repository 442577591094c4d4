//! The ASCII form of a host label with other letters (RFC 3492, `xn--…`), so that a look-alike name
//! is seen for what it is. Encoding only, without IDNA's mapping.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// A DNS label has at most so many characters (RFC 1035 §2.3.4); longer ones are no host labels.
const LABEL_CHARS_MAX: usize = 63;

/// `xn--…` for a label with characters beyond ASCII; `None` where there is nothing to encode or the
/// label is too long to be one.
pub(super) fn encode_label(label: &str) -> Option<String> {
    if label.is_ascii() || label.chars().count() > LABEL_CHARS_MAX {
        return None;
    }
    let points: Vec<u32> = label.chars().flat_map(char::to_lowercase).map(u32::from).collect();
    let mut output: String = points.iter().filter_map(|point| ascii(*point)).collect();
    let basic = u32::try_from(output.len()).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let (mut n, mut delta, mut bias, mut done) = (INITIAL_N, 0_u32, INITIAL_BIAS, basic);
    while let Some(next) = points.iter().copied().filter(|point| *point >= n).min() {
        delta = delta.checked_add((next - n).checked_mul(done + 1)?)?;
        n = next;
        for point in &points {
            if *point < n {
                delta = delta.checked_add(1)?;
            } else if *point == n {
                push_number(&mut output, delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(format!("xn--{output}"))
}

fn ascii(point: u32) -> Option<char> {
    char::from_u32(point).filter(char::is_ascii)
}

/// A generalised variable-length integer (RFC 3492 §3.3).
fn push_number(output: &mut String, mut value: u32, bias: u32) {
    let mut k = BASE;
    loop {
        let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if value < threshold {
            output.push(digit(value));
            return;
        }
        output.push(digit(threshold + (value - threshold) % (BASE - threshold)));
        value = (value - threshold) / (BASE - threshold);
        k += BASE;
    }
}

fn digit(value: u32) -> char {
    char::from_digit(value, BASE).map_or('?', |_| {
        // Punycode counts letters first (a is 0), digits after them (0 is 26).
        let code = if value < 26 { u32::from('a') + value } else { u32::from('0') + value - 26 };
        char::from_u32(code).unwrap_or('?')
    })
}

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_encoded_as_the_standard_has_it() {
        let table = [
            ("bücher", Some("xn--bcher-kva")),
            ("BÜCHER", Some("xn--bcher-kva")),
            ("münchen", Some("xn--mnchen-3ya")),
            ("例え", Some("xn--r8jz45g")),
            ("аррӏе", Some("xn--80ak6aa92e")),
            ("plain", None),
            ("", None),
        ];
        for (label, wanted) in table {
            assert_eq!(encode_label(label).as_deref(), wanted, "for {label}");
        }
        assert_eq!(encode_label(&"ü".repeat(64)), None);
    }
}
