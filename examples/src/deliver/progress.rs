//! A bar for people who wait for a large message to go out.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// From so many octets on a message takes a while on a slow line.
const LARGE: usize = 1024 * 1024;

/// A bar on stderr, if somebody is there to see it. A transcript is in the way of one.
pub(super) fn bar(octets: usize, has_transcript: bool) -> ProgressBar {
    let is_seen = octets >= LARGE && !has_transcript && stderr().is_terminal();
    let target = if is_seen {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let length = u64::try_from(octets).ok();
    let bar = ProgressBar::with_draw_target(length, target);
    // The template is right, and without one there is a bar as well.
    match ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sees_one_that_is_in_the_way() {
        for (octets, has_transcript) in [(10, false), (LARGE, true)] {
            assert!(bar(octets, has_transcript).is_hidden());
        }
        assert_eq!(bar(LARGE, false).length(), Some(1_048_576));
    }
}
