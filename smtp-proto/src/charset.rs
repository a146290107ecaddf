//! Which characters an address may be made of: ASCII, or UTF-8 where SMTPUTF8 is asked for.

/// The characters that addresses may hold. Deliberately exhaustive: there are these two.
///
/// A message whose MAIL carries SMTPUTF8 may have UTF-8 in its paths; in any other, and in every
/// hello, there is ASCII alone (RFC 6531 section 3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Charset {
    /// RFC 5321: ASCII alone.
    #[default]
    Ascii,
    /// RFC 6531: UTF-8, which takes all of ASCII in as well.
    Utf8,
}

/// Whether a character outside of ASCII may stand in a local part.
///
/// The grammar of RFC 6531 has every one of them. The C1 controls (U+0080 to U+009F) are left out:
/// RFC 5198 section 2 bars them from text in networks, and a terminal or a log that takes U+0085
/// for a line end must not be led by an address.
pub(crate) fn is_in_local_part(character: char) -> bool {
    !character.is_control()
}

/// Whether a character outside of ASCII may stand in a label of a domain name.
///
/// A `U-label` is what IDNA permits (RFC 5890 section 2.3.2.1), which takes tables that go with
/// each version of Unicode: whoever looks a name up converts it and finds out. What is refused here
/// is what no version permits and what would mislead on the way there: controls and white space,
/// the full stops that mappings turn into a dot (RFC 3490 section 3.1), so that a check of the
/// domain's end cannot be evaded, and the characters that are invisible or turn the direction of
/// the text.
pub(crate) fn is_in_label(character: char) -> bool {
    let dot = matches!(character, '\u{3002}' | '\u{FF0E}' | '\u{FF61}');
    let invisible = matches!(
        character,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{180B}'..='\u{180E}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FFA0}'
            | '\u{200B}'
            | '\u{200E}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFF}'
            | '\u{E0000}'..='\u{E0FFF}'
    );
    !(dot || invisible || character.is_control() || character.is_whitespace())
}
