//! The keywords that have a type of their own, recognised at the start of a line.

/// A keyword whose place in the reply is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Pipelining,
    Size,
    EightBitMime,
    BinaryMime,
    Chunking,
    SmtpUtf8,
    Dsn,
    EnhancedStatusCodes,
    StartTls,
    Auth,
    RequireTls,
    DeliverBy,
    FutureRelease,
    MtPriority,
    Limits,
    Rrvs,
    NoSoliciting,
    Etrn,
    Vrfy,
    Expn,
    Help,
    Xclient,
    Xforward,
}

impl Known {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Xforward as usize + 1;

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pipelining => "PIPELINING",
            Self::Size => "SIZE",
            Self::EightBitMime => "8BITMIME",
            Self::BinaryMime => "BINARYMIME",
            Self::Chunking => "CHUNKING",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::Dsn => "DSN",
            Self::EnhancedStatusCodes => "ENHANCEDSTATUSCODES",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::RequireTls => "REQUIRETLS",
            Self::DeliverBy => "DELIVERBY",
            Self::FutureRelease => "FUTURERELEASE",
            Self::MtPriority => "MT-PRIORITY",
            Self::Limits => "LIMITS",
            Self::Rrvs => "RRVS",
            Self::NoSoliciting => "NO-SOLICITING",
            Self::Etrn => "ETRN",
            Self::Vrfy => "VRFY",
            Self::Expn => "EXPN",
            Self::Help => "HELP",
            Self::Xclient => "XCLIENT",
            Self::Xforward => "XFORWARD",
        }
    }

    /// The keyword that a line begins with, in any letter case, and what follows it: nothing, a line
    /// end, or a blank and more; behind AUTH also an equals sign.
    ///
    /// The first four octets tell which one it may be, so that only one name is compared.
    pub(super) fn split(line: &[u8]) -> Option<(Self, &[u8])> {
        let known = match &first_four(line).to_be_bytes() {
            b"PIPE" => Self::Pipelining,
            b"SIZE" => Self::Size,
            b"\x18BIT" => Self::EightBitMime,
            b"BINA" => Self::BinaryMime,
            b"CHUN" => Self::Chunking,
            b"SMTP" => Self::SmtpUtf8,
            // A blank or nothing, or a CR.
            b"DSN\0" | b"DSN\x0d" => Self::Dsn,
            b"ENHA" => Self::EnhancedStatusCodes,
            b"STAR" => Self::StartTls,
            b"AUTH" => Self::Auth,
            b"REQU" => Self::RequireTls,
            b"DELI" => Self::DeliverBy,
            b"FUTU" => Self::FutureRelease,
            b"MT\x0dP" => Self::MtPriority,
            b"LIMI" => Self::Limits,
            b"RRVS" => Self::Rrvs,
            b"NO\x0dS" => Self::NoSoliciting,
            b"ETRN" => Self::Etrn,
            b"VRFY" => Self::Vrfy,
            b"EXPN" => Self::Expn,
            b"HELP" => Self::Help,
            b"XCLI" => Self::Xclient,
            b"XFOR" => Self::Xforward,
            _ => return None,
        };
        let name = known.as_str().as_bytes();
        let (keyword, rest) = line.split_at_checked(name.len())?;
        match rest {
            [] | [b' ', ..] | [b'\r', b'\n', ..] => {}
            [b'=', ..] if known == Self::Auth => {}
            _ => return None,
        }
        // Nearly every server writes them in upper case, which is the cheaper question.
        (keyword == name || keyword.eq_ignore_ascii_case(name)).then_some((known, rest))
    }
}

/// The first four octets without the bit that tells a small letter from a capital one; it takes the
/// eight to 0x18, the hyphen to 0x0D, and a blank to 0, which stands also for octets that are not
/// there.
fn first_four(line: &[u8]) -> u32 {
    let octets = match line {
        [one, two, three, four, ..] => [*one, *two, *three, *four],
        [one, two, three] => [*one, *two, *three, 0],
        _ => [0; 4],
    };
    u32::from_be_bytes(octets) & 0xDFDF_DFDF
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_nothing_like_it() {
        let mut found = 0;
        for place in 0..Known::COUNT {
            // Found by its own name: the places of all of them are different.
            for name in [
                "PIPELINING",
                "SIZE",
                "8BITMIME",
                "BINARYMIME",
                "CHUNKING",
                "SMTPUTF8",
                "DSN",
                "ENHANCEDSTATUSCODES",
                "STARTTLS",
                "AUTH",
                "REQUIRETLS",
                "DELIVERBY",
                "FUTURERELEASE",
                "MT-PRIORITY",
                "LIMITS",
                "RRVS",
                "NO-SOLICITING",
                "ETRN",
                "VRFY",
                "EXPN",
                "HELP",
                "XCLIENT",
                "XFORWARD",
            ] {
                let (known, rest) = Known::split(name.as_bytes()).unwrap();
                if known as usize == place {
                    assert_eq!((known.as_str(), rest), (name, &b""[..]));
                    found += 1;
                    let lower = format!("{} x", name.to_lowercase());
                    assert_eq!(Known::split(lower.as_bytes()), Some((known, &b" x"[..])));
                    for wrong in [format!("{name}X"), format!("{name}\t"), format!("X{name}")] {
                        assert_eq!(Known::split(wrong.as_bytes()), None, "{wrong:?}");
                    }
                    let short = &name[..name.len() - 1];
                    assert_eq!(Known::split(short.as_bytes()), None);
                }
            }
        }
        assert_eq!(found, Known::COUNT);
        // Octets that differ in that one bit alone.
        assert_eq!(Known::split(b"\x18BITMIME"), None);
        assert_eq!(Known::split(b"MT\x0dPRIORITY"), None);
        assert_eq!(Known::split(b"DSN\0"), None);
        assert_eq!(Known::split(b"DSN-"), None);
        assert_eq!(Known::split(b"DSN\rX"), None);
        let (known, rest) = Known::split(b"DSN\r\n").unwrap();
        assert_eq!((known, rest), (Known::Dsn, &b"\r\n"[..]));
    }
}
