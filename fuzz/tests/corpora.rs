//! Replays the corpora of all targets.

use std::fs;
use std::path::Path;

#[test]
fn corpora_are_clean() {
    for (name, target) in mailwire_fuzz::TARGETS {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(name);
        let mut files = 0;
        for entry in fs::read_dir(&corpus).unwrap() {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
            files += 1;
        }
        assert!(files > 0, "the corpus of {name} is empty");
    }
}
