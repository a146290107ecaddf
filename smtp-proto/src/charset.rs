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
/// what is invisible, and whatever a mapping (RFC 3490 section 3.1) or a normalisation turns into a
/// dot, an `@` or a slash, so that a check of the domain's end cannot be evaded.
pub(crate) fn is_in_label(character: char) -> bool {
    let mapped = matches!(
        character,
        '\u{3002}'
            // General Punctuation but for the two joiners, which some scripts need.
            | '\u{2000}'..='\u{200B}'
            | '\u{200E}'..='\u{206F}'
            // Vertical, small, half-width and full-width forms.
            | '\u{FE10}'..='\u{FE1F}'
            | '\u{FE50}'..='\u{FE6F}'
            | '\u{FF00}'..='\u{FFEF}'
    );
    let invisible = matches!(
        character,
        '\u{AD}'
            | '\u{34F}'
            | '\u{115F}'..='\u{1160}'
            | '\u{180B}'..='\u{180E}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FFFC}'..='\u{FFFF}'
    );
    !(mapped || invisible || is_misleading(character) || character.is_whitespace())
}

/// Whether a character makes text look like another one on a terminal or in a log: a control, a
/// line end, one that turns the direction of the text, or one that nobody sees.
pub(crate) fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61C}'
                | '\u{200B}'
                | '\u{200E}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_mislead_is_in_no_label() {
        for character in [
            '\u{80}',
            '\u{9F}',
            '\u{A0}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{115F}',
            '\u{1160}',
            '\u{1680}',
            '\u{180B}',
            '\u{180E}',
            '\u{2000}',
            '\u{200B}',
            '\u{200E}',
            '\u{2024}',
            '\u{2028}',
            '\u{202E}',
            '\u{2066}',
            '\u{206F}',
            '\u{3000}',
            '\u{3002}',
            '\u{3164}',
            '\u{FE00}',
            '\u{FE0F}',
            '\u{FE10}',
            '\u{FE52}',
            '\u{FE6B}',
            '\u{FEFF}',
            '\u{FF0E}',
            '\u{FF0F}',
            '\u{FF20}',
            '\u{FF61}',
            '\u{FFA0}',
            '\u{FFF9}',
            '\u{FFFD}',
            '\u{FFFF}',
            '\u{E0001}',
            '\u{E0FFF}',
        ] {
            assert!(!is_in_label(character), "{character:?}");
        }
        for character in [
            'é',
            'ß',
            'ρ',
            'я',
            '\u{200C}',
            '\u{200D}',
            'あ',
            'ー',
            '丐',
            '한',
            'ا',
            'ก',
            '\u{301}',
            '\u{FE20}',
            '😀',
            '\u{10FFFF}',
        ] {
            assert!(is_in_label(character), "{character:?}");
        }
    }

    #[test]
    fn only_what_is_seen_does_not_mislead() {
        for character in [
            '\0', '\u{85}', '\u{61C}', '\u{200F}', '\u{2029}', '\u{2069}', '\u{FEFF}',
        ] {
            assert!(is_misleading(character), "{character:?}");
        }
        for character in [' ', 'a', 'é', '\u{200D}', '\u{FE0F}', '\u{3000}', '…', '“'] {
            assert!(!is_misleading(character), "{character:?}");
        }
    }
}
