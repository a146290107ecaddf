use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::status::Status;

fn mailbox(local: &str) -> Mailbox {
    Mailbox::new(local, "example.test").unwrap()
}

fn create(root: &TempDir, locals: &[&str]) -> Result<Delivery, DeliveryError> {
    let mailboxes: Vec<Mailbox> = locals.iter().map(|local| mailbox(local)).collect();
    Delivery::create(root.path(), "edge.example.test", &mailboxes)
}

fn folder(root: &TempDir, local: &str, name: &str) -> PathBuf {
    mailbox(local).folder(root.path()).join(name)
}

/// The contents of every file in one of a Maildir's folders; none if the folder is not there.
fn contents(root: &TempDir, local: &str, name: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder(root, local, name)) else {
        return Vec::new();
    };
    entries
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

/// Makes a mailbox unusable, also for root: a file stands where its folder should be.
fn block(root: &TempDir, local: &str) {
    let folder = mailbox(local).folder(root.path());
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    fs::write(folder, "in the way").unwrap();
}

/// Every file below `root` whose path has a component `name`.
fn files_in(root: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.parent().is_some_and(|parent| parent.ends_with(name)) {
                found.push(path);
            }
        }
    }
    found
}

const MESSAGE: &[u8] = b"Subject: x\r\n\r\nline\r\n";

#[test]
fn nothing_is_visible_before_the_commit_and_everything_after_it() {
    let root = TempDir::new().unwrap();
    let mut delivery = create(&root, &["alice"]).unwrap();
    for octet in MESSAGE.chunks(1) {
        delivery.write(octet).unwrap();
    }
    assert_eq!(contents(&root, "alice", "new").len(), 0);
    assert_eq!(contents(&root, "alice", "tmp").len(), 1);
    delivery.commit().unwrap();
    assert_eq!(contents(&root, "alice", "new"), [MESSAGE]);
    assert_eq!(contents(&root, "alice", "tmp").len(), 0);
    assert_eq!(contents(&root, "alice", "cur").len(), 0);
    assert!(root.path().join("example.test/alice/cur").is_dir());
}

#[test]
fn every_mailbox_has_a_file_of_its_own() {
    let root = TempDir::new().unwrap();
    let locals = ["alice", "bob", "carol"];
    let mut delivery = create(&root, &locals).unwrap();
    delivery.write(MESSAGE).unwrap();
    let outcomes = delivery.commit_each();
    assert_eq!(outcomes.len(), 3);
    assert!(outcomes.iter().all(Result::is_ok));
    for local in locals {
        assert_eq!(contents(&root, local, "new"), [MESSAGE], "{local}");
        assert_eq!(contents(&root, local, "tmp").len(), 0, "{local}");
    }
    // Removing one leaves the others.
    fs::remove_dir_all(folder(&root, "alice", "new")).unwrap();
    assert_eq!(contents(&root, "bob", "new"), [MESSAGE]);
}

#[test]
fn a_mailbox_named_twice_gets_one_copy_and_two_verdicts() {
    let root = TempDir::new().unwrap();
    let mut delivery = create(&root, &["alice", "bob", "alice"]).unwrap();
    delivery.write(MESSAGE).unwrap();
    assert_eq!(delivery.commit_each().len(), 3);
    assert_eq!(contents(&root, "alice", "new").len(), 1);
    assert_eq!(contents(&root, "bob", "new").len(), 1);
}

#[test]
fn what_is_dropped_leaves_nothing_behind() {
    let root = TempDir::new().unwrap();
    let mut delivery = create(&root, &["alice", "bob"]).unwrap();
    delivery.write(&[b'x'; 3 * BUFFER]).unwrap();
    delivery.write(b"still in the buffer").unwrap();
    drop(delivery);
    assert_eq!(files_in(root.path(), "tmp"), Vec::<PathBuf>::new());
    assert_eq!(files_in(root.path(), "new"), Vec::<PathBuf>::new());
}

#[test]
fn a_local_part_is_never_a_path() {
    let root = TempDir::new().unwrap();
    let inner = root.path().join("inner");
    for local in ["../../outside", "/etc", "..", ".", "a\0b", ""] {
        let mailbox = Mailbox::new(local, "../up").unwrap();
        let mut delivery = Delivery::create(&inner, "edge", &[mailbox]).unwrap();
        delivery.write(MESSAGE).unwrap();
        delivery.commit().unwrap();
    }
    assert_eq!(
        fs::read_dir(root.path()).unwrap().count(),
        1,
        "something left the root"
    );
    assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
    assert_eq!(files_in(&inner, "new").len(), 6);
}

#[test]
fn one_broken_mailbox_of_three_fails_alone_where_each_has_a_verdict() {
    for broken in ["alice", "bob", "carol"] {
        let root = TempDir::new().unwrap();
        block(&root, broken);
        let locals = ["alice", "bob", "carol"];
        let mut delivery = create(&root, &locals).unwrap();
        delivery.write(MESSAGE).unwrap();
        let outcomes = delivery.commit_each();
        for (local, outcome) in locals.into_iter().zip(outcomes) {
            match outcome {
                Ok(()) => assert_eq!(contents(&root, local, "new"), [MESSAGE], "{local}"),
                Err(error) => {
                    assert_eq!(local, broken);
                    assert_eq!(error.status(), Status::LOCAL_ERROR);
                    assert!(error.to_string().contains(broken), "{error}");
                }
            }
        }
        assert_eq!(files_in(root.path(), "new").len(), 2, "{broken}");
        assert_eq!(files_in(root.path(), "tmp").len(), 0, "{broken}");
    }
}

#[test]
fn one_broken_mailbox_of_three_fails_all_where_there_is_one_verdict() {
    for broken in ["alice", "bob", "carol"] {
        let root = TempDir::new().unwrap();
        block(&root, broken);
        let mut delivery = create(&root, &["alice", "bob", "carol"]).unwrap();
        delivery.write(MESSAGE).unwrap();
        assert!(delivery.commit().is_err());
        assert_eq!(files_in(root.path(), "new").len(), 0, "{broken}");
        assert_eq!(files_in(root.path(), "tmp").len(), 0, "{broken}");
    }
}

#[test]
fn what_was_delivered_is_taken_back_when_a_later_mailbox_breaks_at_the_end() {
    let root = TempDir::new().unwrap();
    let mut delivery = create(&root, &["alice", "bob"]).unwrap();
    delivery.write(MESSAGE).unwrap();
    // The last step: bob's `new` is no folder any more, so the rename into it fails.
    fs::remove_dir(folder(&root, "bob", "new")).unwrap();
    fs::write(folder(&root, "bob", "new"), "in the way").unwrap();
    assert!(delivery.commit().is_err());
    assert_eq!(contents(&root, "alice", "new").len(), 0);
    assert_eq!(contents(&root, "alice", "tmp").len(), 0);
    assert_eq!(contents(&root, "bob", "tmp").len(), 0);
}

#[test]
fn nobody_to_deliver_to_is_an_error() {
    let root = TempDir::new().unwrap();
    assert!(create(&root, &[]).is_err());
    block(&root, "alice");
    let error = create(&root, &["alice"]).unwrap_err();
    assert_eq!(error.status(), Status::LOCAL_ERROR);
}

/// A delivery whose file is on a device without room.
#[cfg(target_os = "linux")]
fn on_a_full_device(root: &TempDir) -> Delivery {
    let mut delivery = create(root, &["alice", "bob"]).unwrap();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    delivery.file = Some(BufWriter::with_capacity(BUFFER, full));
    delivery
}

#[cfg(target_os = "linux")]
#[test]
fn a_write_without_room_is_452_and_stays_lost() {
    let root = TempDir::new().unwrap();
    let mut delivery = on_a_full_device(&root);
    let error = delivery.write(&[b'x'; 2 * BUFFER]).unwrap_err();
    assert_eq!(error.status(), Status::STORAGE_FULL);
    assert!(matches!(error, DeliveryError::Full { .. }));
    assert!(delivery.write(b"more").is_err());
    let outcomes = delivery.commit_each();
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(files_in(root.path(), "new").len(), 0);
    assert_eq!(files_in(root.path(), "tmp").len(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn room_that_runs_out_only_at_the_end_is_noticed_too() {
    let root = TempDir::new().unwrap();
    let mut delivery = on_a_full_device(&root);
    delivery.write(b"fits the buffer").unwrap();
    assert_eq!(
        delivery.commit().unwrap_err().status(),
        Status::STORAGE_FULL
    );
    assert_eq!(files_in(root.path(), "new").len(), 0);
    assert_eq!(files_in(root.path(), "tmp").len(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_file_system_gives_452_and_works_again_when_there_is_room() {
    let root = TempDir::new().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
        .arg(root.path())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("SKIPPED: no file system of a limited size could be mounted here");
        return;
    }
    let outcome = std::panic::catch_unwind(|| {
        let mut delivery = create(&root, &["alice"]).unwrap();
        let written = delivery.write(&vec![b'x'; 1024 * 1024]);
        assert_eq!(written.unwrap_err().status(), Status::STORAGE_FULL);
        assert_eq!(
            delivery.commit().unwrap_err().status(),
            Status::STORAGE_FULL
        );
        assert_eq!(contents(&root, "alice", "tmp").len(), 0);

        let mut delivery = create(&root, &["alice"]).unwrap();
        delivery.write(MESSAGE).unwrap();
        delivery.commit().unwrap();
        assert_eq!(contents(&root, "alice", "new"), [MESSAGE]);
    });
    let unmounted = Command::new("umount").arg(root.path()).status();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
    assert!(unmounted.unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_task_leaves_nothing_behind() {
    use super::super::blocking;

    let root = TempDir::new().unwrap();
    let mut delivery = create(&root, &["alice"]).unwrap();
    let (written, is_written) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        blocking(|| delivery.write(MESSAGE)).unwrap();
        written.send(()).unwrap();
        std::future::pending::<()>().await;
        blocking(|| delivery.commit()).unwrap();
    });
    is_written.await.unwrap();
    assert_eq!(files_in(root.path(), "tmp").len(), 1);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(files_in(root.path(), "tmp").len(), 0);
    assert_eq!(files_in(root.path(), "new").len(), 0);
}

#[tokio::test]
async fn blocking_work_runs_on_a_runtime_with_one_thread() {
    assert_eq!(super::super::blocking(|| 2 + 2), 4);
}
