//! The lines that a server puts on top of a message: Return-Path and Received.
//!
//! Whatever a client said about itself ends up here, so this is where it is made harmless, once:
//! nothing of it can end a line, open a comment, or begin a new field.

use std::net::IpAddr;

use jiff::ZonedDateTime;
use jiff::fmt::rfc2822;

/// Characters that a line should not exceed, its end not counted (RFC 5322 section 2.1.1).
const WIDTH: usize = 78;

/// What is known of a message's way here.
///
/// ```
/// use mailwire_examples::received::{Dialogue, Trace, Transmission};
///
/// let at = "2025-11-25T22:00:00+01:00[+01:00]".parse()?;
/// let trace = Trace {
///     reverse_path: "alice@example.test",
///     hello: "client.example.test",
///     peer: Some("192.0.2.7".parse()?),
///     by: "edge.example.test",
///     with: Transmission::new(Dialogue::Esmtp, true, true, false),
///     id: "0123456789abcdef",
///     recipient: Some("bob@example.test"),
///     at: &at,
/// };
/// assert_eq!(
///     trace.lines(),
///     "Return-Path: <alice@example.test>\r\n\
///      Received: from client.example.test ([192.0.2.7]) by edge.example.test with\r\n\
///      \tESMTPSA id 0123456789abcdef for <bob@example.test>;\r\n\
///      \tTue, 25 Nov 2025 22:00:00 +0100\r\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Trace<'a> {
    /// The sender of the envelope without angle brackets; empty for the null reverse-path.
    pub reverse_path: &'a str,
    /// The name that the client gave with HELO, EHLO or LHLO.
    pub hello: &'a str,
    /// The client's address; none on a socket in the file system.
    pub peer: Option<IpAddr>,
    /// This server's name.
    pub by: &'a str,
    /// How it came.
    pub with: Transmission,
    /// What the message is called here.
    pub id: &'a str,
    /// The recipient without angle brackets, if there is only one: naming one of several would show
    /// a blind copy to the others (RFC 5321 section 7.2).
    pub recipient: Option<&'a str>,
    /// When it came, in local time.
    pub at: &'a ZonedDateTime,
}

impl Trace<'_> {
    /// The Return-Path and Received lines (RFC 5321 section 4.4), each line with its CRLF. Folded to
    /// 78 characters, except where one word is longer.
    #[must_use]
    pub fn lines(&self) -> String {
        self.return_path_line() + &self.received_line()
    }

    /// The Return-Path line alone.
    #[must_use]
    pub fn return_path_line(&self) -> String {
        field("Return-Path:", &[path(self.reverse_path)])
    }

    /// The Received line alone, for a message that is passed on: Return-Path is for whoever delivers it.
    #[must_use]
    pub fn received_line(&self) -> String {
        let mut words = vec!["from".to_owned(), name(self.hello)];
        if let Some(peer) = self.peer {
            words.push(format!("({})", literal(peer)));
        }
        words.extend(["by".to_owned(), name(self.by)]);
        words.extend(["with".to_owned(), self.with.as_str().to_owned()]);
        words.extend(["id".to_owned(), atom(self.id)]);
        if let Some(recipient) = self.recipient {
            words.extend(["for".to_owned(), path(recipient)]);
        }
        if let Some(last) = words.last_mut() {
            last.push(';');
        }
        // Kept in one piece, so that it is found at a glance.
        words.push(date(self.at));
        field("Received:", &words)
    }
}

/// How a message came: the WITH clause of a Received line (RFC 3848). Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transmission {
    /// HELO. There is no keyword for HELO inside TLS.
    Smtp,
    /// EHLO.
    Esmtp,
    /// EHLO inside TLS.
    Esmtps,
    /// EHLO and AUTH.
    Esmtpa,
    /// EHLO and AUTH inside TLS.
    Esmtpsa,
    /// LHLO.
    Lmtp,
    /// LHLO inside TLS.
    Lmtps,
    /// LHLO and AUTH.
    Lmtpa,
    /// LHLO and AUTH inside TLS.
    Lmtpsa,
    /// EHLO, and SMTPUTF8 in MAIL (RFC 6531 section 4.3).
    Utf8Smtp,
    /// The same inside TLS.
    Utf8Smtps,
    /// The same after AUTH.
    Utf8Smtpa,
    /// The same after AUTH inside TLS.
    Utf8Smtpsa,
    /// LHLO, and SMTPUTF8 in MAIL.
    Utf8Lmtp,
    /// The same inside TLS.
    Utf8Lmtps,
    /// The same after AUTH.
    Utf8Lmtpa,
    /// The same after AUTH inside TLS.
    Utf8Lmtpsa,
}

/// Which greeting a dialogue began with. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialogue {
    /// HELO.
    Smtp,
    /// EHLO.
    Esmtp,
    /// LHLO.
    Lmtp,
}

impl Transmission {
    /// The keyword for a dialogue, inside TLS or not, after AUTH or not, with SMTPUTF8 or without, which
    /// HELO has not.
    #[must_use]
    pub const fn new(dialogue: Dialogue, tls: bool, authenticated: bool, utf8: bool) -> Self {
        match (dialogue, tls, authenticated) {
            (Dialogue::Esmtp, false, false) if utf8 => Self::Utf8Smtp,
            (Dialogue::Esmtp, true, false) if utf8 => Self::Utf8Smtps,
            (Dialogue::Esmtp, false, true) if utf8 => Self::Utf8Smtpa,
            (Dialogue::Esmtp, true, true) if utf8 => Self::Utf8Smtpsa,
            (Dialogue::Lmtp, false, false) if utf8 => Self::Utf8Lmtp,
            (Dialogue::Lmtp, true, false) if utf8 => Self::Utf8Lmtps,
            (Dialogue::Lmtp, false, true) if utf8 => Self::Utf8Lmtpa,
            (Dialogue::Lmtp, true, true) if utf8 => Self::Utf8Lmtpsa,
            (Dialogue::Smtp, true | false, true | false) => Self::Smtp,
            (Dialogue::Esmtp, false, false) => Self::Esmtp,
            (Dialogue::Esmtp, true, false) => Self::Esmtps,
            (Dialogue::Esmtp, false, true) => Self::Esmtpa,
            (Dialogue::Esmtp, true, true) => Self::Esmtpsa,
            (Dialogue::Lmtp, false, false) => Self::Lmtp,
            (Dialogue::Lmtp, true, false) => Self::Lmtps,
            (Dialogue::Lmtp, false, true) => Self::Lmtpa,
            (Dialogue::Lmtp, true, true) => Self::Lmtpsa,
        }
    }

    /// The keyword.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "SMTP",
            Self::Esmtp => "ESMTP",
            Self::Esmtps => "ESMTPS",
            Self::Esmtpa => "ESMTPA",
            Self::Esmtpsa => "ESMTPSA",
            Self::Lmtp => "LMTP",
            Self::Lmtps => "LMTPS",
            Self::Lmtpa => "LMTPA",
            Self::Lmtpsa => "LMTPSA",
            Self::Utf8Smtp => "UTF8SMTP",
            Self::Utf8Smtps => "UTF8SMTPS",
            Self::Utf8Smtpa => "UTF8SMTPA",
            Self::Utf8Smtpsa => "UTF8SMTPSA",
            Self::Utf8Lmtp => "UTF8LMTP",
            Self::Utf8Lmtps => "UTF8LMTPS",
            Self::Utf8Lmtpa => "UTF8LMTPA",
            Self::Utf8Lmtpsa => "UTF8LMTPSA",
        }
    }
}

/// A header field, folded.
fn field(name: &str, words: &[String]) -> String {
    let mut field = name.to_owned();
    let mut width = name.len();
    for (index, word) in words.iter().enumerate() {
        let length = word.chars().count();
        let fits = width.saturating_add(1).saturating_add(length) <= WIDTH;
        // The first word stays with the name: a line of nothing but a name looks empty.
        if fits || index == 0 {
            field.push(' ');
            width = width.saturating_add(1);
        } else {
            field.push_str("\r\n\t");
            width = 1;
        }
        field.push_str(word);
        width = width.saturating_add(length);
    }
    field + "\r\n"
}

/// A domain or address literal. Comments, quotes and blanks have no place in either.
fn name(text: &str) -> String {
    let is_allowed = |letter: char| letter.is_alphanumeric() || "-._:[]".contains(letter);
    non_empty(
        text.chars()
            .map(|letter| if is_allowed(letter) { letter } else { '?' })
            .collect(),
    )
}

/// A path in its angle brackets. A quoted local part may hold nearly everything but line ends.
fn path(text: &str) -> String {
    let is_harmless =
        |letter: char| !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}');
    let clean: String = text
        .chars()
        .map(|letter| if is_harmless(letter) { letter } else { '?' })
        .collect();
    format!("<{clean}>")
}

/// An atom (RFC 5322 section 3.2.3) of letters, digits and hyphens.
fn atom(text: &str) -> String {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    non_empty(text.chars().filter(|letter| is_allowed(*letter)).collect())
}

fn non_empty(text: String) -> String {
    if text.is_empty() {
        "unknown".to_owned()
    } else {
        text
    }
}

/// An address literal (RFC 5321 section 4.1.3). An IPv4 address is shown as one, also where a
/// socket for both families gives it as IPv6.
fn literal(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

fn date(at: &ZonedDateTime) -> String {
    // Fails only for years before 0 or after 9999, which no clock of a mail server shows.
    rfc2822::to_string(at).unwrap_or_else(|_| "Thu, 1 Jan 1970 00:00:00 +0000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> ZonedDateTime {
        text.parse().unwrap()
    }

    fn trace<'a>(now: &'a ZonedDateTime) -> Trace<'a> {
        Trace {
            reverse_path: "alice@example.test",
            hello: "client.example.test",
            peer: Some("192.0.2.7".parse().unwrap()),
            by: "edge.example.test",
            with: Transmission::Esmtp,
            id: "0123456789abcdef",
            recipient: None,
            at: now,
        }
    }

    /// The lines with their folds taken out again (RFC 5322 section 2.2.3).
    fn unfolded(lines: &str) -> Vec<String> {
        lines
            .replace("\r\n\t", " ")
            .split_terminator("\r\n")
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn says_from_by_with_id_and_when() {
        let now = at("2025-02-03T04:05:06-08:00[-08:00]");
        assert_eq!(
            unfolded(&trace(&now).lines()),
            [
                "Return-Path: <alice@example.test>",
                "Received: from client.example.test ([192.0.2.7]) by edge.example.test with ESMTP \
                 id 0123456789abcdef; Mon, 3 Feb 2025 04:05:06 -0800",
            ]
        );
    }

    #[test]
    fn names_the_only_recipient_and_the_null_sender() {
        let now = at("2025-02-03T04:05:06+00:00[UTC]");
        let trace = Trace {
            reverse_path: "",
            recipient: Some("\"b ob\"@example.test"),
            ..trace(&now)
        };
        let lines = unfolded(&trace.lines());
        assert_eq!(lines[0], "Return-Path: <>");
        assert!(lines[1].contains(" for <\"b ob\"@example.test>; Mon, 3 Feb 2025 04:05:06 +0000"));
    }

    #[test]
    fn addresses_are_literals_of_their_family() {
        let now = at("2025-02-03T04:05:06+00:00[UTC]");
        for (peer, literal) in [
            ("192.0.2.7", "([192.0.2.7])"),
            ("2001:db8::1", "([IPv6:2001:db8::1])"),
            ("::ffff:192.0.2.7", "([192.0.2.7])"),
        ] {
            let trace = Trace {
                peer: Some(peer.parse().unwrap()),
                ..trace(&now)
            };
            assert!(trace.lines().contains(literal), "{}", trace.lines());
        }
        let trace = Trace {
            peer: None,
            ..trace(&now)
        };
        assert!(unfolded(&trace.lines())[1].starts_with("Received: from client.example.test by "));
    }

    #[test]
    fn nothing_a_client_says_ends_a_line_or_opens_a_comment() {
        let now = at("2025-02-03T04:05:06+00:00[UTC]");
        let evil = "x\r\nBcc: all\n\r\0\u{85}\u{2028}(a) \"b\" ; c\\\t";
        let trace = Trace {
            reverse_path: evil,
            hello: evil,
            id: evil,
            recipient: Some(evil),
            ..trace(&now)
        };
        let lines = unfolded(&trace.lines());
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("Return-Path: <x??Bcc: all"));
        assert!(lines[1].starts_with("Received: from x??Bcc:?all????"));
        assert!(
            lines.iter().all(|line| !line.chars().any(char::is_control)),
            "{lines:?}"
        );
        let trace = Trace {
            hello: "",
            id: "()",
            ..trace
        };
        assert!(unfolded(&trace.lines())[1].starts_with("Received: from unknown ("));
        assert!(unfolded(&trace.lines())[1].contains(" id unknown "));
    }

    #[test]
    fn lines_are_folded_where_a_word_ends() {
        let now = at("2025-02-03T04:05:06+00:00[UTC]");
        let long = format!("{}.example.test", "a".repeat(60));
        let recipient = format!("{}@example.test", "b".repeat(64));
        let folded = Trace {
            hello: &long,
            peer: Some("2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap()),
            by: &long,
            recipient: Some(&recipient),
            ..trace(&now)
        };
        for line in folded.lines().split_terminator("\r\n") {
            assert!(
                line.len() <= WIDTH || !line.trim().contains(' '),
                "{}: {line}",
                line.len()
            );
        }
        // A word that is too long stays whole: the longest there is keeps the line below 998.
        let path = "c".repeat(256);
        let folded = Trace {
            reverse_path: &path,
            ..trace(&now)
        };
        assert!(
            folded
                .lines()
                .starts_with(&format!("Return-Path: <{path}>\r\n"))
        );
    }

    #[test]
    fn the_keywords_are_those_of_rfc_3848_and_6531() {
        let mut keywords = Vec::new();
        for utf8 in [false, true] {
            for dialogue in [Dialogue::Esmtp, Dialogue::Lmtp] {
                for (tls, auth) in [(false, false), (false, true), (true, false), (true, true)] {
                    keywords.push(Transmission::new(dialogue, tls, auth, utf8).as_str());
                }
            }
        }
        assert_eq!(
            keywords,
            [
                "ESMTP",
                "ESMTPA",
                "ESMTPS",
                "ESMTPSA",
                "LMTP",
                "LMTPA",
                "LMTPS",
                "LMTPSA",
                "UTF8SMTP",
                "UTF8SMTPA",
                "UTF8SMTPS",
                "UTF8SMTPSA",
                "UTF8LMTP",
                "UTF8LMTPA",
                "UTF8LMTPS",
                "UTF8LMTPSA",
            ]
        );
        // HELO has no keyword inside TLS, and no extensions.
        assert_eq!(
            Transmission::new(Dialogue::Smtp, true, false, true).as_str(),
            "SMTP"
        );
    }
}
