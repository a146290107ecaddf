//! Replays the corpora of all targets.

use std::fs;
use std::path::Path;

#[test]
fn corpora_are_clean() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/server");
    let mut files = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        mailwire_fuzz::server(&fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files > 0, "the corpus is empty");
}
