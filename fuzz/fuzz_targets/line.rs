//! See `src/line.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mailwire_fuzz::line(data));
