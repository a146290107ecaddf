//! The digest of CRAM-MD5 (RFC 2195 section 2).

use hmac::{Hmac, Mac};
use md5::Md5;

use super::Secret;

/// The digest, as the client sends it: 32 digits.
pub(super) fn digest(password: &Secret, challenge: &str) -> String {
    let octets = mac(password, challenge).map(|mac| mac.finalize().into_bytes());
    octets
        .unwrap_or_default()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}

/// Whether a client has come to the right digest; it takes as long wherever the first difference is.
pub(super) fn is_digest(spelled: &str, password: &Secret, challenge: &str) -> bool {
    let Some(octets) = octets(spelled) else {
        return false;
    };
    mac(password, challenge).is_some_and(|mac| mac.verify_slice(&octets).is_ok())
}

/// `None` never is: any length is a key to HMAC.
fn mac(password: &Secret, challenge: &str) -> Option<Hmac<Md5>> {
    let mut mac = Hmac::<Md5>::new_from_slice(password.expose().as_bytes()).ok()?;
    mac.update(challenge.as_bytes());
    Some(mac)
}

/// Sixteen octets from their digits, in either case.
fn octets(spelled: &str) -> Option<[u8; 16]> {
    let digits: &[u8; 32] = spelled.as_bytes().try_into().ok()?;
    let mut octets = [0; 16];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        let text = std::str::from_utf8(pair).ok()?;
        if !pair.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        *octet = u8::from_str_radix(text, 16).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        // RFC 2195 section 2.
        let (password, challenge) = (
            Secret::from("tanstaaftanstaaf"),
            "<1896.697170952@postoffice.reston.mci.net>",
        );
        let right = "b913a602c7eda7a495b4e6e7334d3890";
        assert_eq!(digest(&password, challenge), right);
        assert!(is_digest(right, &password, challenge));
        assert!(is_digest(&right.to_uppercase(), &password, challenge));
        for wrong in [
            "b913a602c7eda7a495b4e6e7334d3891",
            "b913a602c7eda7a495b4e6e7334d389",
            "b913a602c7eda7a495b4e6e7334d38900",
            "+913a602c7eda7a495b4e6e7334d3890",
            "",
        ] {
            assert!(!is_digest(wrong, &password, challenge), "{wrong:?}");
        }
    }
}
