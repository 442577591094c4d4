//! How fast the tail gives lines: a file of 64 MiB from its first byte to its last, at several
//! lengths of lines. `cargo bench --bench tail`.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::io::Write;

use divan::counter::{BytesCount, ItemsCount};
use ipsbell::clock;
use ipsbell::signal::Signal;
use ipsbell::tail::{Buffer, SourceFiles, StartAt, Tail};

const FILE_BYTES: usize = 64 * 1024 * 1024;

fn main() {
    divan::main();
}

#[divan::bench(args = [80, 250, 1000, 10_000])]
fn lines_of_bytes(bencher: divan::Bencher<'_, '_>, line_bytes: usize) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    let line = [&vec![b'x'; line_bytes - 1][..], b"\n"].concat();
    let lines = FILE_BYTES / line_bytes;
    file.write_all(&line.repeat(lines)).expect("room for the file");
    let sources = [SourceFiles {
        paths: vec![file.path().display().to_string()],
        exclude: Vec::new(),
        start_at: StartAt::Beginning,
        first_start: true,
    }];
    bencher
        .counter(BytesCount::new(lines * line_bytes))
        .counter(ItemsCount::new(lines))
        .with_inputs(|| {
            let mut tail =
                Tail::new(&sources, Vec::new(), 1, 0, Signal::default()).expect("a path");
            tail.look(clock::monotonic());
            (tail, Buffer::new())
        })
        .bench_local_values(|(mut tail, mut buffer)| {
            let now = clock::monotonic();
            let mut given = 0_usize;
            while let Some(mut chunk) = tail.turn(now, &mut buffer) {
                given +=
                    chunk.by_ref().map(|line| divan::black_box(line).bytes.len()).sum::<usize>();
                let position = chunk.position();
                tail.accept(now, chunk, position);
                tail.committed(now);
            }
            assert_eq!(given, lines * (line_bytes - 1));
            tail
        });
}
