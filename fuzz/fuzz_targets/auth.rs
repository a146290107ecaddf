//! SASL exchanges, one side of them hostile.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mailwire_fuzz::auth(data));
