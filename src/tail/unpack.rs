//! Compressed bytes into plain ones, piece by piece and in bounded memory. Knows the forms that
//! rotated logs are compressed in by their names, and nothing of logs.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::file::Handle;

/// The most memory that a decoder may want for what it looks back to. `xz -9` wants 65 MiB,
/// `zstd -19` 8 MiB, gzip 32 KiB.
pub const UNPACK_MEMORY_BYTES_MAX: u64 = 96 * 1024 * 1024;

/// How a file is compressed, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// RFC 1952, also several members in a row.
    Gzip,
    /// The .xz file format, also several streams in a row.
    Xz,
    /// RFC 8878, also several frames in a row and frames to be skipped.
    Zstd,
    /// A form that is not read.
    Foreign,
}

/// The endings of names. What rotates logs uses the first three.
const ENDINGS: [(&[u8], Packing); 10] = [
    (b".gz", Packing::Gzip),
    (b".xz", Packing::Xz),
    (b".zst", Packing::Zstd),
    (b".zstd", Packing::Zstd),
    (b".bz2", Packing::Foreign),
    (b".lz4", Packing::Foreign),
    (b".lzma", Packing::Foreign),
    (b".lz", Packing::Foreign),
    (b".zip", Packing::Foreign),
    (b".Z", Packing::Foreign),
];

impl Packing {
    /// Takes a name apart into that of the file that was compressed, and how. `None` for the name of
    /// a file that is not compressed.
    pub(super) fn of(name: &OsStr) -> Option<(&OsStr, Self)> {
        let found = ENDINGS.iter().find_map(|(ending, packing)| {
            let stem = name.as_bytes().strip_suffix(*ending)?;
            Some((stem, *packing))
        });
        found.filter(|(stem, _)| !stem.is_empty()).map(|(stem, how)| (OsStr::from_bytes(stem), how))
    }

    /// Begins to decode a file from its first byte. How reading it goes is left in `feed`.
    pub(super) fn decode(self, file: Arc<dyn Handle>, feed: Feed) -> Box<dyn Read + Send> {
        let bytes = BufReader::with_capacity(READ_BYTES, Bytes { file, at: 0, feed });
        match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(bytes)),
            Self::Xz => {
                let kib = u32::try_from(UNPACK_MEMORY_BYTES_MAX / 1024).unwrap_or(u32::MAX);
                Box::new(XzReader::new_mem_limit(bytes, true, kib))
            }
            Self::Zstd => Box::new(Frames::new(bytes)),
            Self::Foreign => Box::new(Unknown),
        }
    }
}

/// How many compressed bytes are read at once.
const READ_BYTES: usize = 64 * 1024;

/// How reading the compressed bytes goes.
pub(super) type Feed = Arc<Mutex<Fed>>;

/// See [`Feed`].
#[derive(Debug, Default)]
pub(super) struct Fed {
    /// What failed: a decoder may tell it in its own words.
    pub(super) fault: Option<io::Error>,
    /// The decoder asked for more than there is.
    pub(super) ended: bool,
}

/// A file's bytes from first to last.
struct Bytes {
    file: Arc<dyn Handle>,
    at: u64,
    feed: Feed,
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read_at(buffer, self.at) {
            Ok(bytes) => {
                self.at = self.at.saturating_add(bytes as u64);
                self.feed.lock().unwrap_or_else(PoisonError::into_inner).ended |= bytes == 0;
                Ok(bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.feed.lock().unwrap_or_else(PoisonError::into_inner).fault = Some(error);
                Err(kind.into())
            }
        }
    }
}

/// Zstandard frames one after another, as `zstd` itself reads a file.
struct Frames {
    bytes: BufReader<Bytes>,
    frame: FrameDecoder,
    within: bool,
}

impl Frames {
    fn new(bytes: BufReader<Bytes>) -> Self {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(UNPACK_MEMORY_BYTES_MAX);
        Self { bytes, frame, within: false }
    }

    /// Begins the next frame. Says whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.bytes.fill_buf()?.is_empty() {
            match self.frame.reset(&mut self.bytes) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.bytes).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    /// Compares the frame's checksum, if it has one, with what was decoded.
    fn end(&mut self) -> io::Result<()> {
        self.within = false;
        let said = self.frame.get_checksum_from_data();
        if said.is_some() && said != self.frame.get_calculated_checksum() {
            return Err(io::Error::other("the checksum of a frame is wrong"));
        }
        Ok(())
    }
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.within {
                if !self.begin()? {
                    return Ok(0);
                }
                self.within = true;
            }
            while self.frame.can_collect() == 0 && !self.frame.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.frame.decode_blocks(&mut self.bytes, one).map_err(io::Error::other)?;
            }
            match self.frame.read(buffer)? {
                0 if self.frame.is_finished() && !buffer.is_empty() => self.end()?,
                bytes => return Ok(bytes),
            }
        }
    }
}

/// What is compressed in a form that is not read.
struct Unknown;

impl Read for Unknown {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("only gzip, xz and zstd are read"))
    }
}
