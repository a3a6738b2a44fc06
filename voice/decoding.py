"""Any recording that FFmpeg reads (through PyAV) as blocks of floats at 16 kHz, from a file-like object, never from
disk.

A recording is read from its start to its end, whatever part is wanted: seeking is inexact in most containers, and a
resumed job must see the very samples that the first one saw. Formats that open other files or addresses (playlists,
image sequences) are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import av
import av.container
import numpy as np
from av.error import FFmpegError

from voice.audio import RATE_HZ, Floats
from voice.channel_separation import ChannelSeparation
from voice.claims import bytes_claimed, counts_its_frames, page_cut_off

_FORMATS = (
    "wav,w64,aiff,au,caf,flac,ogg,mp3,aac,mov,mp4,m4a,3gp,matroska,webm,amr,amrnb,amrwb,asf,avi,flv,mpegts,mpeg,ac3,"
    "gsm,voc,wv,ape,tta"
)
MOST_CHANNELS = 16
LONGEST_S = 24 * 3600
_SLOWEST_HZ, _FASTEST_HZ = 4_000, 768_000
_SEPARATION_WITHIN_S = 600.0
_LONGEST_GAP_S = 60.0
_SURE_LENGTHS = (
    "wav",
    "au",
    "w64",
    "aiff",
    "caf",
    "flac",
    "mov",
    "matroska",
)  # others guess their length from the bit rate


class BadAudio(Exception):
    """A recording that cannot be heard; `code` says why in a word, the message in a sentence for a person.

    Codes: empty, not_audio, no_audio_stream, no_samples, truncated, too_many_channels, odd_rate, unknown_codec,
    too_long.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Layout:
    """`channels` is 2 where two channels carry different talkers and are kept apart, else 1. `duration_s` is what the
    file says of itself, `rate_hz` its own rate."""

    channels: int
    duration_s: float | None
    codec: str
    rate_hz: int


def probe(source: BinaryIO) -> Layout:
    """What a recording is. Reads at most its first ten minutes. Raises BadAudio."""
    reader = _Reader(source)
    separation = ChannelSeparation()
    try:
        samples = 0
        for block in reader.blocks():
            samples += block.shape[1]
            if len(block) != 2 or samples > _SEPARATION_WITHIN_S * RATE_HZ:
                break
            separation.push(block)
        if not samples:
            raise BadAudio("no_samples", "The file holds no sound.")
        return Layout(2 if separation.apart() else 1, reader.duration_s, reader.codec, reader.rate_hz)
    finally:
        reader.close()


def decode(source: BinaryIO, layout: Layout, *, from_sample: int = 0) -> Decoding:
    """Blocks [layout.channels, n] of a recording at 16 kHz, from a sample of it. Raises BadAudio at the first block."""
    return Decoding(source, layout.channels, from_sample)


class Decoding(Iterator[Floats]):
    """The blocks. After the last one, `truncated` says whether the recording breaks off before its own end."""

    truncated = False

    def __init__(self, source: BinaryIO, channels: int, from_sample: int) -> None:
        self._source, self._channels, self._skip = source, channels, from_sample
        self._blocks = self._all()

    def __next__(self) -> Floats:
        return next(self._blocks)

    def close(self) -> None:
        self._blocks.close()

    def _all(self) -> Any:
        reader = _Reader(self._source)
        at = 0
        try:
            for block in reader.blocks():
                start, at = at, at + block.shape[1]
                if at > LONGEST_S * RATE_HZ:
                    raise BadAudio("too_long", f"The recording is longer than {LONGEST_S // 3600} hours.")
                if at > self._skip:
                    yield _as_channels(block, self._channels)[:, max(0, self._skip - start) :]
            self.truncated = reader.truncated(at / RATE_HZ)
        finally:
            reader.close()


def _as_channels(block: Floats, channels: int) -> Floats:
    if len(block) == channels:
        return block
    mixed = block.mean(axis=0, keepdims=True, dtype=np.float32)
    return np.repeat(mixed, channels, axis=0)


class _Reader:
    """One reading of a file from its start."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._container = _open(source)
        try:
            self._stream = _audio_of(self._container)
            self.codec = self._stream.codec_context.name
            self.rate_hz = self._stream.codec_context.sample_rate
            self.duration_s = self._own_length()
        except BaseException:  # cancelled too: the container is libav's, and is closed by hand
            self.close()
            raise
        self._resampler: av.AudioResampler | None = None
        self._setup: tuple[object, ...] = ()
        self._given = 0  # samples at 16 kHz
        self._first_s: float | None = None
        self._broken = False  # the last packet could not be read

    def close(self) -> None:
        self._container.close()

    def blocks(self) -> Iterator[Floats]:
        """[channels of the file, n] at 16 kHz. What cannot be decoded is left out."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                frames = packet.decode() if packet is not None else []
                self._broken = self._broken and not frames
            except FFmpegError:
                if packet is None:
                    self._broken = True
                    break
                self._broken, frames = True, []
            for frame in frames:
                yield from self._resampled(frame)
            if packet is None:
                break
        yield from self._flushed()

    def _resampled(self, frame: av.AudioFrame) -> Iterator[Floats]:
        setup = (frame.format.name, frame.layout.name, frame.layout.nb_channels, frame.sample_rate)
        if setup != self._setup:
            yield from self._flushed()
            _check(frame.layout.nb_channels, frame.sample_rate)
            self._setup = setup
            self._resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=RATE_HZ)
        gap = self._gap_before(frame)
        if gap:
            yield self._counted(np.zeros((frame.layout.nb_channels, gap), np.float32))
        frame.pts = None
        assert self._resampler is not None
        for made in self._resampler.resample(frame):
            yield self._counted(made.to_ndarray())

    def _flushed(self) -> Iterator[Floats]:
        if self._resampler is not None:
            for made in self._resampler.resample(None):
                yield self._counted(made.to_ndarray())
        self._resampler = None

    def _counted(self, block: Any) -> Floats:
        floats: Floats = np.nan_to_num(block.astype(np.float32, copy=False), nan=0.0, posinf=1.0, neginf=-1.0)
        self._given += floats.shape[1]
        return floats

    def _gap_before(self, frame: av.AudioFrame) -> int:
        """Samples of silence that a sender left out (Opus in WebM does), so that times stay those of the clock."""
        if not self._container.format.name.startswith("matroska") or frame.time is None:
            return 0
        if self._first_s is None:
            self._first_s = frame.time
        gap_s = frame.time - self._first_s - self._given / RATE_HZ
        return int(gap_s * RATE_HZ) if 0.2 < gap_s <= _LONGEST_GAP_S else 0

    def _own_length(self) -> float | None:
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        return None if self._container.duration is None else self._container.duration / 1e6

    def truncated(self, decoded_s: float) -> bool:
        """Whether the sound ends before the file says that it does."""
        if self._broken or page_cut_off(self._source):
            return True
        name = self._container.format.name.split(",")[0]
        context, claimed_s = self._stream.codec_context, self.duration_s
        size = bytes_claimed(self._source)
        if size is not None and context.name.startswith("pcm_") and context.bit_rate:
            claimed_s = size * 8 / context.bit_rate
        elif name not in _SURE_LENGTHS and not (name == "mp3" and counts_its_frames(self._source)):
            return False
        return claimed_s is not None and decoded_s < claimed_s - max(0.2, 0.005 * claimed_s)


def _open(source: BinaryIO) -> av.container.InputContainer:
    if source.seek(0, 2) == 0:
        raise BadAudio("empty", "The file is empty.")
    source.seek(0)
    head = source.read(12)
    source.seek(0)
    try:
        return av.open(source, mode="r", options={"format_whitelist": _FORMATS}, metadata_errors="ignore")
    except (FFmpegError, UnicodeDecodeError) as error:
        if head[4:8] == b"ftyp":
            raise BadAudio("truncated", "The end of the file is missing; it cannot be read without it.") from error
        raise BadAudio("not_audio", "The file is not a recording in a format that can be read.") from error


def _audio_of(container: av.container.InputContainer) -> av.AudioStream:
    if not container.streams.audio:
        raise BadAudio("no_audio_stream", "The file has no sound in it.")
    stream = container.streams.best("audio") or container.streams.audio[0]
    assert isinstance(stream, av.AudioStream)
    if stream.codec_context is None:
        raise BadAudio("unknown_codec", "The file's sound is in a coding that cannot be read.")
    _check(stream.codec_context.channels, stream.codec_context.sample_rate)
    return stream


def _check(channels: int, rate_hz: int) -> None:
    if channels > MOST_CHANNELS:
        raise BadAudio("too_many_channels", f"The recording has {channels} channels; {MOST_CHANNELS} can be read.")
    if rate_hz and not _SLOWEST_HZ <= rate_hz <= _FASTEST_HZ:
        raise BadAudio(
            "odd_rate", f"The recording has a rate of {rate_hz} Hz; {_SLOWEST_HZ} to {_FASTEST_HZ} can be read."
        )
