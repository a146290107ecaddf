//! The grammar of commands.

use bytes::BytesMut;
use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::command::{Command, CustomVerb, Reading};

/// What is taken can be sent, and is taken as the same; what is taken in ASCII is taken in UTF-8 as
/// well.
///
/// # Panics
///
/// When it is not.
pub fn command(data: &[u8]) {
    let usual = Reading::default();
    let utf8 = usual.with_charset(Charset::Utf8);
    let readings = [Reading::STRICT, usual, utf8];
    let [strict, usual, utf8] = readings.map(|reading| Command::parse_as(reading, data));
    if strict.is_ok() {
        assert_eq!(strict, usual);
    }
    if usual.is_ok() {
        assert_eq!(usual, utf8);
    }
    for (reading, parsed) in readings.into_iter().zip([strict, usual, utf8]) {
        let Ok(command) = parsed else { continue };
        let mut out = BytesMut::new();
        command.write(&mut out);
        let Some(line) = out.strip_suffix(b"\r\n") else {
            panic!("a line ends with CRLF");
        };
        assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
        assert_eq!(Command::parse_as(reading, line), Ok(command));
        assert!(!format!("{command:?}").is_empty());
    }
    if let Some((verb, arguments)) = CustomVerb::split(data) {
        assert_eq!(CustomVerb::parse(verb.as_str()), Ok(verb));
        assert!(verb.as_str().len() + arguments.as_bytes().len() <= data.len());
    }
}
