//! The keywords that have a type of their own, recognised at the start of a line.

/// The keywords, each with its name and how its first four octets look to [`first_four`], by which
/// it is found: all are different.
macro_rules! known {
    ($($keyword:ident $name:literal $($first:literal)|+,)+) => {
        /// A keyword whose place in the reply is kept.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Known {
            $($keyword,)+
        }

        impl Known {
            /// All there are.
            const ALL: &[Self] = &[$(Self::$keyword),+];

            pub(super) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$keyword => $name,)+
                }
            }

            /// The keyword that a line begins with, in any letter case, and what is behind it,
            /// whatever that is.
            fn prefix(line: &[u8]) -> Option<(Self, &[u8])> {
                match &first_four(line).to_be_bytes() {
                    $($($first)|+ => {
                        // With its length in its type, it is compared without a call.
                        let (keyword, rest) = line.split_first_chunk::<{ $name.len() }>()?;
                        let name = $name.as_bytes();
                        // Nearly every server writes upper case, which is the cheaper question.
                        (keyword == name || keyword.eq_ignore_ascii_case(name))
                            .then_some((Self::$keyword, rest))
                    })+
                    _ => None,
                }
            }
        }
    };
}

known! {
    Pipelining "PIPELINING" b"PIPE",
    Size "SIZE" b"SIZE",
    EightBitMime "8BITMIME" b"\x18BIT",
    BinaryMime "BINARYMIME" b"BINA",
    Chunking "CHUNKING" b"CHUN",
    SmtpUtf8 "SMTPUTF8" b"SMTP",
    // A blank or nothing, or a CR.
    Dsn "DSN" b"DSN\0" | b"DSN\x0d",
    EnhancedStatusCodes "ENHANCEDSTATUSCODES" b"ENHA",
    StartTls "STARTTLS" b"STAR",
    Auth "AUTH" b"AUTH",
    RequireTls "REQUIRETLS" b"REQU",
    DeliverBy "DELIVERBY" b"DELI",
    FutureRelease "FUTURERELEASE" b"FUTU",
    MtPriority "MT-PRIORITY" b"MT\x0dP",
    Limits "LIMITS" b"LIMI",
    Rrvs "RRVS" b"RRVS",
    NoSoliciting "NO-SOLICITING" b"NO\x0dS",
    Etrn "ETRN" b"ETRN",
    Vrfy "VRFY" b"VRFY",
    Expn "EXPN" b"EXPN",
    Help "HELP" b"HELP",
    Xclient "XCLIENT" b"XCLI",
    Xforward "XFORWARD" b"XFOR",
}

impl Known {
    /// How many there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    /// The keyword that a line begins with, in any letter case, and what follows it: nothing, a line
    /// end, or a blank and more; behind AUTH also an equals sign.
    pub(super) fn split(line: &[u8]) -> Option<(Self, &[u8])> {
        let (known, rest) = Self::prefix(line)?;
        match rest {
            [] | [b' ', ..] | [b'\r', b'\n', ..] => Some((known, rest)),
            [b'=', ..] if known == Self::Auth => Some((known, rest)),
            _ => None,
        }
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
