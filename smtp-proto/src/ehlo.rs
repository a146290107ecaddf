//! The reply to EHLO and LHLO: what a server offers (RFC 5321 section 4.1.1.1).
//!
//! A client reads it into [`Capabilities`], a server writes it with [`write_ehlo`].

mod capabilities;
#[cfg(test)]
mod tests;
mod writer;

pub use capabilities::{Capabilities, SizeOffer};
pub use writer::{Keyword, RawKeyword, write_ehlo};

/// `sasl-mech` of RFC 4422 section 3.1, in any case.
fn is_mechanism_name(name: &str) -> bool {
    (1..=20).contains(&name.len())
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
}

fn is_graphic_or_space(octet: u8) -> bool {
    octet.is_ascii_graphic() || octet == b' '
}
