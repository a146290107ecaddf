//! Command lines about which there can be no two opinions.

/// Whether the line is one that every parser has to take, and for the same thing: usual in its
/// spelling but for the case of verbs and keywords (RFC 5321 section 2.4), every value of it well within what the RFCs name, nothing twice.
///
/// This is read neither from the one parser nor from the other. No class of disagreement is an
/// excuse for such a line.
pub(super) fn is_plain(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else {
        return false;
    };
    let mut words = line.split(' ');
    let verb = words.next().unwrap_or_default();
    let words: Vec<&str> = words.collect();
    match (verb.to_ascii_uppercase().as_str(), words.as_slice()) {
        ("DATA" | "RSET" | "NOOP" | "QUIT" | "HELP" | "STARTTLS", []) => true,
        ("HELO" | "EHLO" | "LHLO" | "ETRN", [name]) => is_host(name),
        ("VRFY" | "EXPN" | "HELP", [word]) => is_word(word, 64),
        ("BDAT", [size] | [size, "LAST"]) => is_number(size, 18),
        ("AUTH", [mechanism]) => is_word(mechanism, 20),
        ("AUTH", [mechanism, response]) => is_word(mechanism, 20) && is_word(response, 400),
        ("MAIL", [path, parameters @ ..]) => {
            let path = without_keyword(path, "FROM:");
            path.is_some_and(|path| path == "<>" || is_path(path))
                && are_parameters(parameters, is_mail_parameter)
        }
        ("RCPT", [path, parameters @ ..]) => {
            let path = without_keyword(path, "TO:");
            path.is_some_and(|path| path == "<Postmaster>" || is_path(path))
                && are_parameters(parameters, is_rcpt_parameter)
        }
        _ => false,
    }
}

fn without_keyword<'a>(path: &'a str, keyword: &str) -> Option<&'a str> {
    let (start, path) = path.split_at_checked(keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then_some(path)
}

fn are_parameters(words: &[&str], is_parameter: fn(&str, &str) -> bool) -> bool {
    let mut keywords = Vec::new();
    words.iter().all(|word| {
        let (keyword, value) = word.split_once('=').unwrap_or((word, ""));
        let keyword = keyword.to_ascii_uppercase();
        // An empty value is none.
        let is_new = !keywords.contains(&keyword) && !word.ends_with('=');
        let is_one = is_parameter(&keyword, value);
        keywords.push(keyword);
        is_new && is_one
    })
}

fn is_mail_parameter(keyword: &str, value: &str) -> bool {
    match keyword {
        "SIZE" => is_number(value, 18),
        "BODY" => matches!(value, "7BIT" | "8BITMIME" | "BINARYMIME"),
        "SMTPUTF8" | "REQUIRETLS" => value.is_empty(),
        "RET" => matches!(value, "FULL" | "HDRS"),
        "ENVID" => is_word(value, 100),
        "AUTH" => value == "<>" || is_mailbox(value),
        "BY" => value.split_once(';').is_some_and(|(seconds, mode)| {
            is_number(seconds, 9)
                && !seconds.starts_with('0')
                && matches!(mode, "R" | "N" | "RT" | "NT")
        }),
        "HOLDFOR" => is_number(value, 9) && !value.starts_with('0'),
        "MT-PRIORITY" => is_number(value.strip_prefix('-').unwrap_or(value), 1) && value != "-0",
        "SOLICIT" => value.starts_with(|it: char| it.is_ascii_alphabetic()) && is_word(value, 100),
        _ => false,
    }
}

fn is_rcpt_parameter(keyword: &str, value: &str) -> bool {
    match keyword {
        "NOTIFY" => matches!(
            value,
            "NEVER" | "SUCCESS" | "FAILURE" | "DELAY" | "SUCCESS,FAILURE" | "SUCCESS,FAILURE,DELAY"
        ),
        "ORCPT" => value.strip_prefix("rfc822;").is_some_and(is_mailbox),
        _ => false,
    }
}

fn is_path(path: &str) -> bool {
    let inner = path.strip_prefix('<').and_then(|it| it.strip_suffix('>'));
    // Xtext has an encoding of it.
    inner.is_some_and(|it| is_mailbox(&it.replace('+', "x")))
}

/// A dot-string of letters, digits and signs that need no encoding anywhere, and a host.
fn is_mailbox(mailbox: &str) -> bool {
    mailbox.split_once('@').is_some_and(|(local_part, host)| {
        let is_atom = |atom: &str| is_word(&atom.replace(['-', '_', '/', '#'], "x"), 64);
        local_part.len() <= 64 && local_part.split('.').all(is_atom) && is_host(host)
    })
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let ends = |it: &str| it.starts_with('-') || it.ends_with('-');
        !ends(label) && is_word(&label.replace('-', "x"), 63)
    };
    host.len() <= 180 && host.split('.').all(is_label)
}

fn is_word(word: &str, limit: usize) -> bool {
    (1..=limit).contains(&word.len()) && word.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn is_number(digits: &str, limit: usize) -> bool {
    (1..=limit).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
}
