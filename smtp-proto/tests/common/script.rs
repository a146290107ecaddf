//! The text form of a conversation.

use std::fmt;

use proptest::prelude::RngCore;
use proptest::test_runner::TestRng;

/// A conversation: settings, then what goes in and what must come out.
pub(crate) struct Script {
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Octets that the peer sends.
    Send(Vec<u8>),
    /// A line that has to come out: `S: ...` or `E: ...`.
    Expect(String),
    /// An embedder's answer, or a caller's command.
    Act(String),
    /// Seconds that pass.
    Time(u64),
    /// The peer closes its side.
    EndOfInput,
    /// The TLS handshake happens.
    Tls,
    /// The server is told to stop, or that there is no more time.
    Stop { now: bool },
}

impl Script {
    /// Reads a script of one side's view: `peer` is the mark of what the other side sends (`C` or
    /// `S`), and lines of the other mark and `E:` are expected.
    pub(crate) fn parse(text: &str, peer: char) -> Result<Self, String> {
        let mut script = Self {
            settings: Vec::new(),
            steps: Vec::new(),
        };
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad = |what: &str| format!("line {}: {what}: {line}", number + 1);
            if let Some(setting) = line.strip_prefix("config ") {
                let (key, value) = setting.split_once(' ').ok_or_else(|| bad("no value"))?;
                script.settings.push((key.to_owned(), value.to_owned()));
                continue;
            }
            let (mark, rest) = line.split_at(line.len().min(2));
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            let sends = mark.starts_with(peer);
            script.steps.push(match mark {
                "C:" | "S:" if sends => Step::Send([unescape(rest), b"\r\n".to_vec()].concat()),
                "C~" | "S~" if sends => Step::Send(unescape(rest)),
                "C*" | "S*" if sends => {
                    let (count, octet) = rest.split_once(' ').ok_or_else(|| bad("no octet"))?;
                    let count = count.parse().map_err(|_| bad("no number"))?;
                    Step::Send(unescape(octet).repeat(count))
                }
                "C:" | "S:" | "E:" => Step::Expect(format!("{mark} {rest}")),
                "A:" | "D:" => Step::Act(rest.to_owned()),
                "T:" => Step::Time(rest.parse().map_err(|_| bad("no number"))?),
                "EO" => Step::EndOfInput,
                "TL" => Step::Tls,
                "ST" => Step::Stop {
                    now: rest.ends_with("NOW"),
                },
                _ => return Err(bad("unknown mark")),
            });
        }
        Ok(script)
    }
}

/// `\r \n \0 \\ \xNN`; everything else is itself.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&octet, tail)) = rest.split_first() {
        rest = tail;
        if octet != b'\\' {
            octets.push(octet);
            continue;
        }
        let (&escape, tail) = rest.split_first().expect("an octet behind the backslash");
        rest = tail;
        octets.push(match escape {
            b'r' => b'\r',
            b'n' => b'\n',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let (hex, tail) = rest.split_at(2);
                rest = tail;
                u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).expect("hex digits")
            }
            other => panic!("unknown escape \\{}", other as char),
        });
    }
    octets
}

/// The printable form of octets, in which scripts expect them.
pub(crate) fn escape(octets: &[u8]) -> String {
    octets
        .iter()
        .map(|&octet| match octet {
            b'\r' => "\\r".to_owned(),
            b'\n' => "\\n".to_owned(),
            b'\\' => "\\\\".to_owned(),
            b' '..=b'~' => (octet as char).to_string(),
            _ => format!("\\x{octet:02X}"),
        })
        .collect()
}

/// How the input is cut.
pub(crate) enum Cuts {
    Whole,
    Octets,
    Random(Box<TestRng>, u64),
}

impl Cuts {
    pub(crate) fn random(rng: &mut TestRng) -> Self {
        let seed = rng.next_u64();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &bytes);
        Self::Random(Box::new(rng), seed)
    }

    /// How many of the `left` octets come next.
    pub(crate) fn next(&mut self, left: usize) -> usize {
        match self {
            Self::Whole => left,
            Self::Octets => 1,
            Self::Random(rng, _) => 1 + rng.next_u32() as usize % left.min(40),
        }
    }
}

impl fmt::Display for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Octets => f.write_str("octet by octet"),
            Self::Random(_, seed) => write!(f, "cut at random, seed {seed}"),
        }
    }
}
