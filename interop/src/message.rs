//! A message that is hard to carry, and what a server may add to it.

use std::fmt::Write as _;

/// About a MiB in two parts: lines that begin with dots, text in 8-bit octets, long lines, and no
/// line end at the end. Line ends are CRLF.
#[must_use]
pub fn message() -> Vec<u8> {
    let mut text = String::from(
        "From: Sender <sender@client.example.test>\r\n\
         To: alice@example.test\r\n\
         Date: Sat, 28 Nov 2026 12:00:00 +0000\r\n\
         Message-ID: <one@client.example.test>\r\n\
         Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"part\"\r\n\
         \r\n\
         --part\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n\
         .\u{fc}ber\r\n\
         ..zwei Punkte\r\n\
         .\r\n\
         ...\r\n\
         From a line that looks like an mbox\r\n\
         \r\n\
         --part\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n",
    );
    let mut line = 0;
    while text.len() < 1024 * 1024 {
        line += 1;
        // Every third line begins with a dot; every eleventh is as long as a line may be.
        let dot = if line % 3 == 0 { "." } else { "" };
        let filler = "z\u{fc}g\u{e4}ng".repeat(if line % 11 == 0 { 118 } else { line % 9 });
        let _ = write!(text, "{dot}{line} {filler}\r\n");
    }
    text.push_str("--part--\r\n.the last line has no end");
    text.into_bytes()
}

/// The content of a stored message: without the Return-Path and Received lines at its head, which
/// a server has to add (RFC 5321 section 4.4).
///
/// # Panics
///
/// If it does not begin with exactly one of each, in that order.
#[must_use]
pub fn stored_content(stored: &[u8]) -> &[u8] {
    let mut rest = stored;
    for name in ["Return-Path: ", "Received: "] {
        assert!(rest.starts_with(name.as_bytes()), "{name}is missing");
        loop {
            let end = rest
                .windows(2)
                .position(|two| two == b"\r\n")
                .expect("a line has an end");
            rest = &rest[end + 2..];
            // A line that begins with a blank goes on with the one before it.
            if !matches!(rest.first(), Some(b' ' | b'\t')) {
                break;
            }
        }
    }
    rest
}
