//! xtext.

use mailwire_smtp_proto::command::AttributeText;
use mailwire_smtp_proto::params::{EncodedMailbox, EnvelopeId, OriginalRecipient};
use mailwire_smtp_proto::xtext::{Xtext, XtextBuf, encode};

/// Any octets can be encoded, and are what the encoding decodes to; what decodes to no text is no
/// value that has to be one.
///
/// # Panics
///
/// When they are not.
pub fn xtext(data: &[u8]) {
    let encoded = XtextBuf::encode(data);
    assert!(encoded.borrow().decode().eq(data.iter().copied()));
    assert_eq!(encode(data).to_string(), encoded.as_str());
    assert!(
        encoded
            .as_str()
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && octet != b'=')
    );
    assert_eq!(Xtext::parse(encoded.as_str()), Ok(encoded.borrow()));

    for input in [data, encoded.as_str().as_bytes()] {
        let xtext = Xtext::parse(input);
        let decoded = |xtext: Xtext<'_>| xtext.decode().collect::<Vec<u8>>();
        if let Ok(xtext) = xtext {
            assert_eq!(xtext.as_str().as_bytes(), input);
            assert_eq!(
                XtextBuf::encode(decoded(xtext))
                    .borrow()
                    .decode()
                    .collect::<Vec<u8>>(),
                decoded(xtext)
            );
        }
        if let Ok(text) = AttributeText::parse(input) {
            let octets: Vec<u8> = text.decode().collect();
            let text = String::from_utf8(octets);
            assert!(
                text.is_ok_and(|text| text.len() <= 255 && !text.chars().any(char::is_control))
            );
        }
        if let Ok(id) = EnvelopeId::parse(input) {
            assert!(xtext.is_ok() && id.decode().all(|it| (' '..='~').contains(&it)));
        }
        if let Ok(mailbox) = EncodedMailbox::parse(input) {
            assert!(xtext.is_ok() && mailbox.decode().is_ok());
        }
        if let Ok(original) = OriginalRecipient::parse(input) {
            assert!(!original.decode().any(char::is_control));
        }
    }
}
