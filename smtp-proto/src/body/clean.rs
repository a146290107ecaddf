//! How far content can go as it is, on either side of the wire.
//!
//! Content is *clean* where every CR has its LF, every LF its CR, and no line starts with a dot:
//! then reading takes nothing out of it, writing puts nothing in, and there is nothing to refuse.
//! Most content is clean for most of its length. That is one question about each octet and its two
//! neighbours, the same for every octet, so a processor can put it to many octets at once; a search
//! for line ends has to stop at each of them.

use crate::grammar;

/// Octets that are judged together. Enough to keep the processor's vectors busy, and few enough that
/// a block which is not clean has cost little.
pub(super) const BLOCK: usize = 512;

/// How many octets from `at` on are clean, as far as blocks of [`BLOCK`] tell; not one that is a CR
/// whose LF is still to be seen.
///
/// The octet before `at` is no CR that waits for its LF; whether it is an LF and `at` a dot is for
/// the caller to have looked at, and `at` is not 0.
pub(super) fn run(input: &[u8], at: usize) -> usize {
    let Some(window) = at.checked_sub(1).and_then(|before| input.get(before..)) else {
        return 0;
    };
    // Not worth a question to the processor what it can do.
    if window.len() < BLOCK + 2 {
        return 0;
    }
    let clean = blocks(window);
    match window.get(clean) {
        Some(b'\r') if clean > 0 => clean - 1,
        _ => clean,
    }
}

#[cfg(feature = "simd")]
fn blocks(window: &[u8]) -> usize {
    struct Blocks<'i>(&'i [u8]);

    impl pulp::NullaryFnOnce for Blocks<'_> {
        type Output = usize;

        // What it calls has to be compiled for the processor's vectors as well.
        #[inline(always)]
        fn call(self) -> usize {
            clean_blocks(self.0)
        }
    }

    pulp::Arch::new().dispatch(Blocks(window))
}

#[cfg(not(feature = "simd"))]
fn blocks(window: &[u8]) -> usize {
    clean_blocks(window)
}

/// How many octets behind the first are clean, as far as blocks reach. The octet behind a block is
/// needed to judge its last one. The last block is where the window ends, and overlaps the one
/// before.
#[inline(always)]
fn clean_blocks(window: &[u8]) -> usize {
    let most = window.len().saturating_sub(2);
    let mut clean = 0;
    while clean < most {
        let start = clean.min(most.saturating_sub(BLOCK));
        let from = |place| window.get(place..).and_then(<[u8]>::first_chunk);
        let (Some(before), Some(block), Some(behind)) =
            (from(start), from(start + 1), from(start + 2))
        else {
            break;
        };
        if !is_clean(before, block, behind) {
            break;
        }
        clean = start + BLOCK;
    }
    clean
}

/// Whether each octet of a block is clean, given the octets before and behind each. Without a
/// branch, and by arithmetic on octets alone, so that the compiler makes vectors of it.
#[inline(always)]
fn is_clean(before: &[u8; BLOCK], block: &[u8; BLOCK], behind: &[u8; BLOCK]) -> bool {
    let mut damage = 0;
    for ((before, octet), behind) in before.iter().zip(block).zip(behind) {
        let after_cr = u8::from(*before == b'\r');
        let is_lf = u8::from(*octet == b'\n');
        let before_dot = u8::from(*behind == b'.');
        damage |= (after_cr ^ is_lf) | (is_lf & before_dot);
    }
    damage == 0
}

/// The place of the first CR or LF.
///
/// The length of a usual line is looked through by hand: where lines are as short as that, starting
/// a vectorised search for each would cost more than the search.
#[inline]
pub(super) fn line_end(input: &[u8]) -> Option<usize> {
    const NEAR: usize = 80;
    match grammar::find_break(input, NEAR, |octet| matches!(octet, b'\r' | b'\n')) {
        Ok(at) => Some(at),
        Err(seen) => {
            let far = input.get(seen..)?;
            memchr::memchr2(b'\r', b'\n', far).map(|at| seen + at)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, an octet at a time.
    fn plain(input: &[u8], at: usize) -> usize {
        let is_clean = |place: usize| {
            let is_lf = input[place] == b'\n';
            (input[place - 1] == b'\r') == is_lf && !(is_lf && input[place + 1] == b'.')
        };
        // The last octet has none behind it.
        let most = input.len().saturating_sub(at + 1);
        let mut clean = 0;
        while most >= BLOCK && clean < most {
            let start = clean.min(most - BLOCK);
            if !(at + start..at + start + BLOCK).all(is_clean) {
                break;
            }
            clean = start + BLOCK;
        }
        if clean > 0 && input[at + clean - 1] == b'\r' {
            clean -= 1;
        }
        clean
    }

    proptest! {
        #[test]
        fn blocks_are_judged_as_octets_are(
            lines in proptest::collection::vec(0usize..90, 0..40),
            damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
            at in 1usize..300,
        ) {
            let mut input: Vec<u8> = lines
                .iter()
                .flat_map(|length| [vec![b'x'; *length], b"\r\n".to_vec()].concat())
                .collect();
            for (place, octet) in damage {
                if !input.is_empty() {
                    let place = place.index(input.len());
                    input[place] = match octet % 8 {
                        0 | 1 => b'\r',
                        2 | 3 => b'\n',
                        4 | 5 => b'.',
                        _ => octet,
                    };
                }
            }
            prop_assert_eq!(run(&input, at), plain(&input, at));
        }

        #[test]
        fn a_line_end_is_found_wherever_it_is(input in "[a-c\r\n]{0,40}") {
            let expected = input.bytes().position(|octet| octet == b'\r' || octet == b'\n');
            prop_assert_eq!(line_end(input.as_bytes()), expected);
        }
    }
}
