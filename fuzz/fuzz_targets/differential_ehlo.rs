//! What a server offers, beside another reader.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mailwire_fuzz::differential_ehlo(data));
