//! Files that are made to be too much for whoever reads them.

use std::fs;

use tempfile::TempDir;

use super::super::file::{Disk, Files, read_full};
use super::super::tests::pack;
use super::*;

#[test]
fn case_20_a_file_that_holds_too_much_for_its_size_is_told() {
    let directory = TempDir::new().unwrap();
    let piece = pack("x.zst", &vec![0; 16 * 1024 * 1024]);
    let path = directory.path().join("bomb.zst");
    fs::write(&path, piece.repeat(80)).unwrap();
    let file = Disk.open(&path).unwrap();
    let bomb = Packed::new(file, Packing::Zstd);
    let mut byte = [0];
    let mut calls = 0;
    while read_full(&bomb, &mut byte, u64::MAX)
        .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    {
        calls += 1;
        assert!(calls < 100);
    }
    assert!(calls > 50, "a turn decodes a bounded part");
    assert!(bomb.damage().unwrap().contains("bytes and more"), "{:?}", bomb.damage());
    assert_eq!(bomb.stat().unwrap().size, UNPACKED_BYTES_MAX);
}

#[test]
fn case_20_decoders_that_want_too_much_memory_are_refused() {
    // A frame whose window is 2 GiB: magic number, descriptor, window descriptor.
    let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00];
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.zst");
    fs::write(&path, frame).unwrap();
    let file = Packed::new(Disk.open(&path).unwrap(), Packing::Zstd);
    assert_eq!(read_full(&file, &mut [0; 10], 0).unwrap(), 0);
    assert!(file.damage().unwrap().to_lowercase().contains("window"), "{:?}", file.damage());
}
