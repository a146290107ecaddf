//! Command lines about which there can be no two opinions.

/// Whether the line is one that every parser has to take, and for the same thing: canonical in its
/// spelling, every value of it well within what the RFCs name, nothing twice.
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
    match (verb, words.as_slice()) {
        ("DATA" | "RSET" | "NOOP" | "QUIT" | "HELP" | "STARTTLS", []) => true,
        ("HELO" | "EHLO" | "LHLO" | "ETRN", [name]) => is_host(name),
        ("VRFY" | "EXPN" | "HELP", [word]) => is_word(word, 64),
        ("BDAT", [size] | [size, "LAST"]) => is_number(size, 18),
        ("AUTH", [mechanism]) => is_word(mechanism, 20),
        ("AUTH", [mechanism, response]) => is_word(mechanism, 20) && is_word(response, 400),
        ("MAIL", [path, parameters @ ..]) => {
            let path = path.strip_prefix("FROM:");
            path.is_some_and(|path| path == "<>" || is_path(path))
                && are_parameters(parameters, is_mail_parameter)
        }
        ("RCPT", [path, parameters @ ..]) => {
            let path = path.strip_prefix("TO:");
            path.is_some_and(|path| path == "<Postmaster>" || is_path(path))
                && are_parameters(parameters, is_rcpt_parameter)
        }
        _ => false,
    }
}

fn are_parameters(words: &[&str], is_parameter: fn(&str, &str) -> bool) -> bool {
    let mut keywords = Vec::new();
    words.iter().all(|word| {
        let (keyword, value) = word.split_once('=').unwrap_or((word, ""));
        // An empty value is none.
        let is_new = !keywords.contains(&keyword) && !word.ends_with('=');
        keywords.push(keyword);
        is_new && is_parameter(keyword, value)
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
    inner.is_some_and(is_mailbox)
}

/// A dot-string of letters and digits, and a host.
fn is_mailbox(mailbox: &str) -> bool {
    mailbox.split_once('@').is_some_and(|(local_part, host)| {
        local_part.len() <= 64 && local_part.split('.').all(|it| is_word(it, 64)) && is_host(host)
    })
}

fn is_host(host: &str) -> bool {
    host.len() <= 180 && host.split('.').all(|it| is_word(it, 63))
}

fn is_word(word: &str, limit: usize) -> bool {
    (1..=limit).contains(&word.len()) && word.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn is_number(digits: &str, limit: usize) -> bool {
    (1..=limit).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
}
