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
/// what is invisible, and whatever a mapping (RFC 3490 section 3.1) or a normalisation turns into
/// ASCII that is in no label, such as a dot, an `@`, a slash or a blank, so that a check of the
/// domain's end cannot be evaded.
pub(crate) fn is_in_label(character: char) -> bool {
    // The selectors of a variant are allowed in text, for which they are.
    let variant = matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{FFFC}'..='\u{FFFF}');
    !(variant
        || is_mapped_to_punctuation(character)
        || is_misleading(character)
        || character.is_whitespace())
}

/// Whether a mapping or a normalisation (NFKC) makes of a character, among others, ASCII that is no
/// letter, digit or hyphen. A few of their neighbours are taken in, which IDNA does not permit
/// either.
fn is_mapped_to_punctuation(character: char) -> bool {
    matches!(
        character,
        // Accents by themselves: a blank that carries them.
        '\u{A8}'
            | '\u{AF}'
            | '\u{B4}'
            | '\u{B8}'
            | '\u{2D8}'..='\u{2DD}'
            | '\u{37A}'
            | '\u{37E}'
            | '\u{384}'..='\u{385}'
            | '\u{1FBD}'
            | '\u{1FBF}'..='\u{1FC1}'
            | '\u{1FCD}'..='\u{1FCF}'
            | '\u{1FDD}'..='\u{1FDF}'
            | '\u{1FED}'..='\u{1FEF}'
            | '\u{1FFD}'..='\u{1FFE}'
            | '\u{309B}'..='\u{309C}'
            // General Punctuation but for the two joiners, which some scripts need.
            | '\u{2000}'..='\u{200B}'
            | '\u{200E}'..='\u{206F}'
            // Signs and brackets, raised and lowered.
            | '\u{207A}'..='\u{207E}'
            | '\u{208A}'..='\u{208E}'
            // Letters with a slash or with dots, in brackets or in circles.
            | '\u{2100}'..='\u{2101}'
            | '\u{2105}'..='\u{2106}'
            | '\u{2460}'..='\u{24FF}'
            | '\u{2A74}'..='\u{2A76}'
            | '\u{3002}'
            | '\u{3200}'..='\u{33FF}'
            | '\u{1F100}'..='\u{1F12F}'
            // Forms for presentation, vertical, small, half-width and full-width.
            | '\u{FB29}'
            | '\u{FC5E}'..='\u{FC63}'
            | '\u{FDFA}'..='\u{FDFB}'
            | '\u{FE10}'..='\u{FE1F}'
            | '\u{FE30}'..='\u{FE7F}'
            | '\u{FF00}'..='\u{FFEF}'
    )
}

/// Whether a character makes text look like another one on a terminal or in a log: a control, a
/// line end, one that turns the direction of the text, or one that nobody sees and that does nothing
/// to the characters beside it, as joiners and selectors of a variant do.
pub(crate) fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'
                | '\u{200E}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

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
    fn what_becomes_punctuation_is_in_no_label() {
        let is_in_ldh = |it: char| it.is_ascii_alphanumeric() || it == '-';
        for character in ('\u{80}'..=char::MAX).filter(|it| is_in_label(*it)) {
            let mapped = character.nfkc().flat_map(char::to_lowercase).nfkc();
            for it in mapped.filter(char::is_ascii) {
                assert!(is_in_ldh(it), "{character:?} becomes {it:?}");
            }
        }
        for character in ['\u{2488}', '\u{FE30}', '\u{1F100}', '\u{2100}', '\u{33C2}'] {
            assert!(!is_in_label(character), "{character:?}");
        }
    }

    #[test]
    fn only_what_is_seen_does_not_mislead() {
        for character in [
            '\0',
            '\u{85}',
            '\u{AD}',
            '\u{61C}',
            '\u{200F}',
            '\u{2029}',
            '\u{2069}',
            '\u{3164}',
            '\u{FEFF}',
            '\u{1D173}',
        ] {
            assert!(is_misleading(character), "{character:?}");
        }
        for character in [
            ' ', 'a', 'é', '\u{200C}', '\u{200D}', '\u{FE0F}', '\u{3000}', '…', '“',
        ] {
            assert!(!is_misleading(character), "{character:?}");
        }
    }
}
