//! The search for line ends where lines are short.

/// The place of the first octet that is wanted, among those below 14 (CR, LF, NUL and little else),
/// in the first `most` octets or a few more; or how many octets were looked through without one.
///
/// The lines of commands and replies are short, and starting a vectorised search costs more than
/// asking a few octets at a time, all of them at once, whether one is worth a look.
#[inline]
pub(crate) fn find_break(
    input: &[u8],
    most: usize,
    is_wanted: impl Fn(&u8) -> bool + Copy,
) -> Result<usize, usize> {
    const CHUNK: usize = 16;
    let mut seen = 0;
    for chunk in input.chunks_exact(CHUNK) {
        if seen >= most {
            return Err(seen);
        }
        // By arithmetic alone, so that the compiler makes a vector of it.
        let low = chunk
            .iter()
            .fold(0, |low, octet| low | u8::from(*octet < 14));
        if low != 0 {
            if let Some(within) = first_wanted(chunk, is_wanted) {
                return Ok(seen + within);
            }
        }
        seen += CHUNK;
    }
    match input
        .get(seen..)
        .unwrap_or_default()
        .iter()
        .position(is_wanted)
    {
        Some(within) => Ok(seen + within),
        None => Err(input.len()),
    }
}

/// The place of the first octet that is wanted in a chunk that has one below 14.
#[inline]
fn first_wanted(chunk: &[u8], is_wanted: impl Fn(&u8) -> bool + Copy) -> Option<usize> {
    let (head, tail) = (chunk.first_chunk()?, chunk.last_chunk()?);
    let first = match first_below(*head) {
        Some(first) => first,
        None => HALF + first_below(*tail)?,
    };
    if chunk.get(first).is_some_and(is_wanted) {
        Some(first)
    } else {
        after_tab(chunk, is_wanted)
    }
}

const HALF: usize = 8;

/// The place of the first octet below 14.
#[inline]
fn first_below(octets: [u8; HALF]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(octets);
    // The high bit of each octet that is below; perhaps of others as well, but only behind the
    // first.
    let below = word.wrapping_sub(ONES * 14) & !word & (ONES << 7);
    (below != 0).then_some(below.trailing_zeros() as usize / 8)
}

/// The same where the first octet that is below is none that is wanted, which is rare. Not inlined,
/// so that the octets are not fetched one by one ahead of time.
#[cold]
#[inline(never)]
fn after_tab(chunk: &[u8], is_wanted: impl Fn(&u8) -> bool + Copy) -> Option<usize> {
    chunk.iter().position(is_wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_is_found_wherever_it_is(
            input in "[a-c\\t\r\n]{0,70}",
            most in 0usize..80,
        ) {
            let is_wanted = |octet: &u8| matches!(octet, b'\r' | b'\n');
            let first = input.bytes().position(|octet| is_wanted(&octet));
            match find_break(input.as_bytes(), most, is_wanted) {
                Ok(at) => prop_assert_eq!(Some(at), first),
                Err(seen) => {
                    prop_assert!(seen >= most.min(input.len()));
                    prop_assert!(first.is_none_or(|first| first >= seen));
                }
            }
        }
    }
}
