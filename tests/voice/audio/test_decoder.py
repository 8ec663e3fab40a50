"""A person sends sound in whatever form; what comes of it, and what is said where nothing can."""

import io
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.settings import ROOT
from tests.voice.audio import files
from voice.audio import child
from voice.audio.decoder import MAX_BYTES, Decoder, Sound, decode
from voice.audio.errors import AudioError
from voice.audio.kinds import kind_of

KINDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a kiosk's PCM": ("wav", lambda: files.wav(files.tone(1.5))),
    "a sound card's stereo": ("wav", lambda: files.encoded("wav", "pcm_s16le", rate=44100, layout="stereo")),
    "24 bits": ("wav", lambda: files.encoded("wav", "pcm_s24le")),
    "floats": ("wav", lambda: files.encoded("wav", "pcm_f32le")),
    "a telephone exchange, A-law": ("wav", lambda: files.encoded("wav", "pcm_alaw", rate=8000)),
    "a telephone exchange, mu-law": ("wav", lambda: files.encoded("wav", "pcm_mulaw", rate=8000)),
    "ADPCM": ("wav", lambda: files.encoded("wav", "adpcm_ima_wav")),
    "GSM": ("wav", files.gsm),
    "Wave64": ("w64", lambda: files.encoded("w64", "pcm_s16le")),
    "a browser": ("webm", lambda: files.encoded("webm", "libopus", rate=48000)),
    "Matroska": ("webm", lambda: files.encoded("matroska", "pcm_s16le")),
    "ogg/opus": ("ogg", lambda: files.encoded("ogg", "libopus", rate=48000)),
    "mp3": ("mp3", lambda: files.encoded("mp3", "libmp3lame")),
    "mp3, stereo": ("mp3", lambda: files.encoded("mp3", "libmp3lame", rate=44100, layout="stereo")),
    "an iPhone": ("m4a", lambda: files.encoded("ipod", "aac", rate=44100)),
    "3GP": ("m4a", lambda: files.encoded("3gp", "libopencore_amrnb", rate=8000)),
    "bare AAC": ("aac", lambda: files.encoded("adts", "aac")),
    "AMR": ("amr", lambda: files.encoded("amr", "libopencore_amrnb", rate=8000)),
    "AMR, wide band": ("amr", files.amr_wideband),
    "FLAC": ("flac", lambda: files.encoded("flac", "flac")),
    "AIFF": ("aiff", lambda: files.encoded("aiff", "pcm_s16be")),
    "CAF": ("caf", lambda: files.encoded("caf", "pcm_s16le")),
    "AU": ("au", lambda: files.encoded("au", "pcm_s16be")),
    "a WeChat voice message": ("silk", files.silk),
}


@cache
def made(name: str) -> bytes:
    return KINDS[name][1]()


def crossings(sound: Sound) -> float:
    """Hertz of a tone, by how often it changes its sign in the second from 0.3 s on (coders put silence before)."""
    samples = memoryview(sound.pcm).cast("h")[4_800:20_800]
    return sum((a < 0) != (b < 0) for a, b in zip(samples, samples[1:], strict=False)) / 2


@pytest.mark.parametrize("name", KINDS)
def test_every_form_is_heard_as_sixteen_kilohertz_mono(name: str) -> None:
    sound = decode(made(name))
    assert sound.kind == KINDS[name][0]
    assert sound.seconds == pytest.approx(1.55, abs=0.06)
    assert len(sound.pcm) == round(sound.seconds * 16_000) * 2
    if name not in ("AMR, wide band", "GSM"):
        assert crossings(sound) == pytest.approx(440, rel=0.1), "the tone that was encoded"


def reason(data: bytes, **options: float) -> str:
    with pytest.raises(AudioError) as caught:
        decode(data, **options)
    error = caught.value
    assert re.fullmatch(r"[^\n]*[一-鿿][^\n]*。", error.message), "one sentence in Chinese"
    assert 400 <= error.status < 500
    return error.code


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("a.wav", bytes(50 << 20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\x00" * 1000, "not_audio"),
        ("您好，我想挂号。".encode() * 20, "not_audio"),
        (b"%PDF-1.7" + bytes(range(256)) * 4, "not_audio"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "not_audio"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4, "not_audio"),
        (bytes(MAX_BYTES + 1), "too_large"),
        (b"RIFF\x00\x00\x00\x00WAVE", "broken"),
        (b"OggS" + bytes(200), "broken"),
        (b"fLaC" + b"\xff" * 1000, "broken"),
        (b"\x1a\x45\xdf\xa3" + b"\xff" * 100, "broken"),
        (b"\x00\x00\x00\x20ftypM4A " + b"\xff" * 100, "broken"),
        (b"#!AMR\n", "broken"),
        (b"\x02#!SILK_V3", "broken"),
        (b"\x02#!SILK_V3\xff\x7f" + bytes(100), "broken"),
    ],
)
def test_what_is_no_sound_is_refused_with_a_reason(data: bytes, code: str) -> None:
    assert reason(data) == code


def test_a_zip_bomb_is_no_sound() -> None:
    assert reason(zipped()) == "not_audio"


def test_a_film_without_sound_is_told_so() -> None:
    assert reason(files.picture()) == "no_audio"


def test_two_hours_are_too_long_however_small_the_file() -> None:
    assert len(files.amr_wideband(7200)) < MAX_BYTES
    assert reason(files.amr_wideband(7200)) == "too_long"


def test_two_hours_of_silk_are_not_even_decoded() -> None:
    assert reason(b"\x02#!SILK_V3" + b"\x02\x00ab" * (7200 * 50)) == "too_long"


def test_the_limit_of_seconds_is_the_callers() -> None:
    sound = made("a kiosk's PCM")
    assert reason(sound, max_seconds=1.0) == "too_long"
    assert decode(sound, max_seconds=1.4).seconds == 1.5, "coders pad"


@pytest.mark.parametrize("rate", [1, 100, 1_000_000, 4_000_000_000])
def test_an_impossible_sample_rate_is_refused_before_it_is_resampled(rate: int) -> None:
    assert reason(files.wav(files.tone(1.0), rate=rate) if rate < 2**31 else _wild_rate(rate)) in (
        "broken",
        "too_long",
    )


def _wild_rate(rate: int) -> bytes:
    return files.wav(files.tone(1.0)).replace((16_000).to_bytes(4, "little"), rate.to_bytes(4, "little"), 1)


def test_the_name_and_the_declared_length_are_not_believed() -> None:
    file = files.wav(files.tone(1.0))
    for length in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        wrong = file[:4] + length.to_bytes(4, "little") + file[8:]
        assert decode(wrong).seconds == pytest.approx(1.0, abs=0.01)
    endless = file[:40] + (0xFFFFFFFF).to_bytes(4, "little") + file[44:]
    assert decode(endless).seconds == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "name", ["a browser", "ogg/opus", "mp3", "AMR", "bare AAC", "a WeChat voice message"]
)
def test_of_a_message_that_was_cut_off_the_beginning_is_heard(name: str) -> None:
    whole = made(name)
    sound = decode(whole[: len(whole) * 2 // 3])
    assert 0.5 < sound.seconds < 1.3


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(sorted(KINDS)),
    cut=st.floats(0.0, 1.0),
    changes=st.lists(st.tuples(st.floats(0.0, 0.999), st.integers(0, 255)), max_size=12),
)
def test_damage_of_any_kind_ends_in_sound_or_in_a_sentence(
    name: str, cut: float, changes: list[tuple[float, int]]
) -> None:
    data = bytearray(made(name)[: int(len(made(name)) * cut)])
    for place, value in changes:
        if data:
            data[int(place * len(data))] = value
    try:
        sound = decode(bytes(data))
    except AudioError as error:
        assert error.message.endswith("。")
        assert error.code not in ("decoder_down", "decoder_busy")
    else:
        assert 0 < sound.seconds <= 60


@settings(max_examples=60, deadline=None)
@given(head=st.sampled_from([made(n)[:24] for n in sorted(KINDS)]), tail=st.binary(max_size=2000))
def test_garbage_under_a_good_header_ends_in_sound_or_in_a_sentence(head: bytes, tail: bytes) -> None:
    try:
        assert decode(head + tail).seconds > 0
    except AudioError as error:
        assert error.message.endswith("。")


@settings(max_examples=200)
@given(st.binary(max_size=6000))
def test_garbage_alone_is_recognised_without_an_error(data: bytes) -> None:
    kind_of(data)


def test_a_file_that_kills_its_process_harms_nobody_else() -> None:
    ours = Decoder()
    try:
        good = made("a kiosk's PCM")
        assert ours.decode(good).seconds == 1.5
        deadly = files.silk()[:10] + b"\x10\x00" + b"a" * 16
        with pytest.raises(AudioError) as caught:
            ours.decode(deadly)
        assert caught.value.code == "too_costly"
        assert ours.decode(good).seconds == 1.5
    finally:
        ours.close()


def test_the_process_is_started_again_when_it_is_gone() -> None:
    ours = Decoder()
    try:
        assert ours.decode(made("AMR")).seconds > 1
        assert ours.pid is not None
        os.kill(ours.pid, signal.SIGKILL)
        assert ours.decode(made("AMR")).seconds > 1
    finally:
        ours.close()


def test_many_send_files_at_once_and_each_gets_their_own() -> None:
    lengths = [0.2 + 0.1 * place for place in range(12)]
    with ThreadPoolExecutor(12) as pool:
        heard = list(pool.map(lambda seconds: decode(files.wav(files.tone(seconds))).seconds, lengths))
    assert heard == pytest.approx(lengths, abs=0.01)


def test_a_file_can_take_only_so_much_memory_and_open_nothing() -> None:
    script = (
        "from voice.audio import child\n"
        "child.confine()\n"
        "kept = bytearray(child.MEMORY // 4)\n"
        "for act in (lambda: bytearray(child.MEMORY), lambda: open('/etc/hostname')):\n"
        "    try:\n        act()\n    except (MemoryError, OSError) as error:\n        print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["MemoryError", "OSError"], done.stderr


def test_an_endless_computation_is_ended_by_the_kernel() -> None:
    script = (
        "import resource\nfrom voice.audio import child\nchild.confine()\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == [str(child.CPU_SECONDS)], done.stderr
