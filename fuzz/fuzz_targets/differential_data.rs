//! The content of a message, beside another reader.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mailwire_fuzz::differential_data(data));
