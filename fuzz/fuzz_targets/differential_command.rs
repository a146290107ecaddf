//! Command lines, beside another parser.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mailwire_fuzz::differential_command(data));
