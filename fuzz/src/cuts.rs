//! Input that arrives in pieces.

/// Splits a fuzzer's input: the first octet says how long the pieces are, the rest is what arrives.
pub(crate) fn split(data: &[u8]) -> (usize, &[u8]) {
    match data {
        [size, rest @ ..] => (usize::from(*size).max(1), rest),
        [] => (1, data),
    }
}

/// The ends of the pieces that the input arrives in, the last one included.
pub(crate) fn ends(length: usize, size: usize) -> impl Iterator<Item = usize> {
    (size..length).step_by(size).chain([length])
}
