"""Films as cameras, discs, television and archives make them: nothing is lost."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.vidcolor.media.made import TICK, Side, make
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span

Color = Callable[..., list[tuple[Fraction, Any]]]
QUIET = {"x265-params": "log-level=none"}
UPRIGHT = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
HALF_HOUR = 1_800_000
PAL = {"width": 720, "height": 576, "frames": 3}
ENGLISH = {"language": "eng", "title": "Comment"}
VOBSUB = Side("dvd_subtitle", [(0, b"\x00\x08\x00\x06\x00\x00\xff\xff")])
SUBRIP = Side("subrip", [(0, b"one"), (HALF_HOUR, b"two"), (2 * HALF_HOUR, b"three")])
HUNDRED = [
    *(Side("aac", tags={"title": f"sound {n}"}) for n in range(60)),
    *(Side("subrip", [(n, b"%d" % n)], {"title": f"text {n}"}) for n in range(40)),
]
FILMS: dict[str, dict[str, Any]] = {
    # Phones and cameras
    "phone.mov": {
        "codec": "libx265",
        "options": QUIET,
        "matrix": UPRIGHT,
        "sides": [Side("aac"), Side("aac", tags=ENGLISH)],
    },
    "all_tricks_at_once.mp4": {
        "matrix": UPRIGHT,
        "sar": Fraction(16, 11),
        "times": (0, 33, 100, 101, 900),
        "tick": TICK,
        "start": Fraction(7, 5),
        "options": {"bf": "2"},
        "sides": [Side("aac")],
    },
    "fragments.mp4": {
        "muxing": {"movflags": "frag_keyframe+empty_moov"},
        "options": {"g": "5"},
        "sides": [Side("aac")],
    },
    "avchd.mts": {
        "format": "mpegts",
        "muxing": {"mpegts_m2ts_mode": "1"},
        "fields": "tff",
        "sar": Fraction(4, 3),
        "sides": [Side("ac3")],
    },
    "ntsc_dv.avi": {
        "codec": "dvvideo",
        "pix_fmt": "yuv411p",
        **PAL,
        "height": 480,
        "rate": Fraction(30000, 1001),
        "sides": [Side("pcm_s16le")],
    },
    "pal_dv.mov": {"codec": "dvvideo", **PAL, "sides": [Side("pcm_s16le")]},
    "tape.dv": {"codec": "dvvideo", **PAL},
    "still_camera.avi": {
        "codec": "mjpeg",
        "pix_fmt": "yuvj422p",
        "sides": [Side("adpcm_ima_wav")],
    },
    "old_phone.3gp": {"codec": "mpeg4", "sides": [Side("aac")]},
    # Discs and television
    "dvd.vob": {
        "codec": "mpeg2video",
        **PAL,
        "fields": "tff",
        "sar": Fraction(16, 15),
        "sides": [Side("ac3"), Side("mp2"), VOBSUB],
    },
    "vcd.mpg": {"codec": "mpeg1video", "sides": [Side("mp2")]},
    "clock_turns_over.ts": {
        "codec": "mpeg2video",
        "frames": 25,
        "start": Fraction(2**33 - 9 * 3600, 90000),
        "muxing": {"mpegts_copyts": "1"},
        "sides": [Side("mp2")],
    },
    "broadcast.mxf": {
        "codec": "mpeg2video",
        "pix_fmt": "yuv422p",
        "sides": [Side("pcm_s16le")],
    },
    "flash.flv": {"codec": "flv", "sides": [Side("libmp3lame")]},
    "theora_s_heir.ogv": {
        "codec": "libvpx",
        "format": "ogg",
        "sides": [Side("libopus")],
    },
    "windows.wmv": {"codec": "wmv2", "sides": [Side("wmav2", options={"b": "128k"})]},
    # Archives
    "grey.mkv": {"codec": "ffv1", "pix_fmt": "gray"},
    "grey_10_bits.mkv": {"codec": "ffv1", "pix_fmt": "gray10le"},
    "grey_16_bits.mkv": {"codec": "ffv1", "pix_fmt": "gray16le"},
    "uncompressed_grey.avi": {"codec": "rawvideo", "pix_fmt": "gray"},
    "prores_4444.mov": {
        "codec": "prores_ks",
        "pix_fmt": "yuva444p10le",
        "options": {"profile": "4", "alpha_bits": "16"},
        "sides": [Side("pcm_s24le")],
    },
    "utvideo_rgb.avi": {"codec": "utvideo", "pix_fmt": "gbrp"},
    "rgb.mkv": {"codec": "ffv1", "pix_fmt": "bgr0"},
    "rgb_16_bits.mkv": {"codec": "ffv1", "pix_fmt": "gbrp16le"},
    "png.mov": {"codec": "png", "pix_fmt": "rgb24"},
    "v210.mov": {"codec": "v210", "pix_fmt": "yuv422p10le"},
    "cineform.mov": {"codec": "cfhd", "pix_fmt": "yuv422p10le"},
    "jpeg2000.mov": {"codec": "jpeg2000", "pix_fmt": "yuv422p"},
    "twelve_bits_444.mkv": {
        "codec": "libx265",
        "pix_fmt": "yuv444p12le",
        "options": QUIET,
    },
    "palette.gif": {"codec": "gif", "pix_fmt": "rgb8"},
    # Shapes, times and numbers
    "1x1.mkv": {"codec": "ffv1", "width": 1, "height": 1},
    "3x5.avi": {"codec": "png", "pix_fmt": "gray", "width": 3, "height": 5},
    "213x119.webm": {"codec": "libvpx-vp9", "width": 213, "height": 119},
    "one_frame.mp4": {"frames": 1},
    "two_frames.mov": {"frames": 2},
    "no_duration.mkv": {"muxing": {"live": "1"}, "sides": [Side("aac")]},
    "an_hour_of_three_frames.mkv": {
        "times": (0, HALF_HOUR, 2 * HALF_HOUR),
        "tick": TICK,
        "sides": [SUBRIP],
    },
    "an_hour_of_three_frames.mp4": {
        "times": (0, HALF_HOUR, 2 * HALF_HOUR),
        "tick": TICK,
    },
    "a_jump_of_two_hours.mkv": {"times": (0, 40, 80, 7_200_000), "tick": TICK},
    "a_hundred_streams.mkv": {"frames": 5, "sides": HUNDRED},
    "for_two_eyes.mkv": {"stream_tags": {"stereo_mode": "left_right"}},
    "without_a_container.h264": {"format": "h264"},
    "without_a_container.m2v": {"codec": "mpeg2video", "format": "mpeg2video"},
}


def sounds(path: Path) -> list[str]:
    """Return the hash of each sound's bytes, whatever the packets were cut to."""
    with av.open(str(path)) as film:
        totals = {stream.index: hashlib.sha256() for stream in film.streams.audio}
        for packet in film.demux(*film.streams.audio) if totals else ():
            totals[packet.stream.index].update(bytes(packet))
    return [total.hexdigest() for total in totals.values()]


@pytest.mark.parametrize("name", FILMS)
def test_luma_times_sound_and_streams_come_through(
    name: str, tmp_path: Path, color: Color
) -> None:
    source = make(tmp_path / name, **FILMS[name])
    before = Reader(source).info
    made = plan_target(before, tmp_path / "out.mkv", codec="ffv1")
    truth = color(made, source)
    assert len(truth) == len(FILMS[name].get("times", ())) or len(truth) == FILMS[
        name
    ].get("frames", 10)
    result = Reader(made.path)
    moved = min(before.start, 0)  # what begins before 0 begins at 0 then
    for frame, (time, luma) in zip(result.frames(), truth, strict=True):
        assert abs(frame.seconds - (time - moved)) <= Fraction(1, 2000)
        assert (frame.luma == luma).all()
    assert sounds(made.path) == sounds(source)
    after = result.info
    assert len(after.streams) == len(before.streams)
    assert (after.sar, str(after.scan)) == (before.sar, str(before.scan))
    assert after.display_matrix == before.display_matrix


@pytest.mark.parametrize("name", FILMS)
def test_what_is_written_by_default_has_all_frames_and_sound(
    name: str, tmp_path: Path, color: Color
) -> None:
    source = make(tmp_path / name, **FILMS[name])
    before = Reader(source)
    target = tmp_path / f"out{source.suffix}"
    made = plan_target(before.info, target, explicit=False)
    truth = color(made, source)
    result = Reader(made.path)
    times = [frame.seconds for frame in result.frames()]
    # MPEG-TS cannot start before 0, and then moves everything by the same.
    moved = times[0] - truth[0][0] if made.container.muxer == "mpegts" else 0
    assert len(times) == len(truth)
    wrong = [abs(a - moved - b) for a, (b, _) in zip(times, truth, strict=True)]
    assert max(wrong) <= Fraction(1, 2000)
    assert sounds(made.path) == sounds(source)
    assert len(result.info.streams) == len(before.info.streams)
    assert str(result.info.scan) == str(before.info.scan)
    assert result.info.yuv.depth >= before.info.yuv.depth
    assert list(before.frames())
    assert not before.damage


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
@pytest.mark.parametrize("start", [None, Fraction(1)])
def test_a_clock_that_runs_over_soon_hides_nothing(
    start: Fraction | None, target: str, tmp_path: Path, color: Color
) -> None:
    source = make(
        tmp_path / "film.ts",
        codec="mpeg2video",
        frames=50,
        start=Fraction(2**33, 90000) - 50,  # FFmpeg has it begin at -50 s
        muxing={"mpegts_copyts": "1"},
        sides=[Side("mp2")],
    )
    before = Reader(source).info
    made = plan_target(before, tmp_path / target, span=Span.of(before, start, None))
    truth = color(made, source, start)
    after = Reader(made.path)
    assert len(truth) == 50 - 25 * bool(start)
    assert [frame.seconds for frame in after.frames()] == [
        pytest.approx(time - before.start - (start or 0), abs=0.001)
        for time, _ in truth
    ]
    if start is None:
        assert sounds(made.path) == sounds(source)


def test_stereo_films_stay_stereo(tmp_path: Path, color: Color) -> None:
    source = make(tmp_path / "film.mkv", **FILMS["for_two_eyes.mkv"])
    made = plan_target(Reader(source).info, tmp_path / "out.mkv")
    color(made, source)
    (stream,) = Reader(made.path).info.streams
    assert stream.metadata["stereo_mode"] == "left_right"


def test_a_camera_s_telemetry_stays_in_its_family(tmp_path: Path, color: Color) -> None:
    # No muxer of ours writes such a track: a track of text is given its name.
    source = make(tmp_path / "film.mp4", sides=[Side("mov_text", [(0, b"\0\2ab")])])
    raw = source.read_bytes().replace(b"sbtl", b"meta").replace(b"tx3g", b"gpmd")
    source.write_bytes(raw)
    for target, is_kept in (("out.mov", True), ("out.mkv", False)):
        made = plan_target(Reader(source).info, tmp_path / target)
        color(made, source)
        kinds = [stream.kind for stream in Reader(made.path).info.streams]
        assert ("data" in kinds) is is_kept
        assert any("data" in note for note in made.notes) is not is_kept


@pytest.mark.parametrize("name", ["film.ts", "film.mkv"])
def test_a_film_without_its_first_key_frame_starts_at_the_next(
    name: str, tmp_path: Path, color: Color
) -> None:
    options = {"g": "20", "x264-params": "open-gop=1"}
    whole = make(
        tmp_path / f"whole_{name}", frames=60, options=options, sides=[Side("mp2")]
    )
    source = tmp_path / name
    _without_start(whole, source, packets=7)
    made = plan_target(Reader(source).info, tmp_path / "out.mkv", codec="ffv1")
    truth = color(made, source)
    assert 38 <= len(truth) <= 53
    assert [frame.seconds for frame in Reader(made.path).frames()] == [
        pytest.approx(time, abs=0.001) for time, _ in truth
    ]
    assert sounds(made.path) == sounds(source)


def _without_start(whole: Path, part: Path, packets: int) -> None:
    with av.open(str(whole)) as film, av.open(str(part), "w") as out:
        copies = {}
        for stream in film.streams:
            copies[stream.index] = out.add_stream_from_template(stream, opaque=True)
            copies[stream.index].time_base = stream.time_base
        for packet in film.demux():
            packets -= packet.stream.type == "video"
            if packet.size and (packet.stream.type == "audio" or packets < 0):
                packet.stream = copies[packet.stream.index]
                out.mux(packet)


def test_a_clock_that_steps_back_a_little_is_told(tmp_path: Path, color: Color) -> None:
    # The recordings are joined, and the second begins before the first has ended.
    wishes = {"codec": "mpeg2video", "frames": 50, "muxing": {"mpegts_copyts": "1"}}
    source = tmp_path / "film.ts"
    with source.open("wb") as joined:
        for number, start in enumerate([Fraction(10), Fraction(23, 2)]):
            part = make(tmp_path / f"{number}.ts", start=start, **wishes)
            joined.write(part.read_bytes())
    reader = Reader(source)
    times = [frame.seconds for frame in reader.frames()]
    assert len(times) == 100
    assert times == sorted(set(times))
    assert 10 <= reader.damage.hurried <= 14  # of half a second
    assert any("next to no time" in line for line in reader.damage.lines())


def test_damage_after_a_seam_repeats_no_frame(tmp_path: Path) -> None:
    wishes = {"frames": 100, "options": {"g": "10", "bf": "0"}}
    parts = [make(tmp_path / f"{n}.mkv", seed=n, **wishes) for n in range(2)]
    data = bytearray(b"".join(part.read_bytes() for part in parts))
    with av.open(str(parts[1])) as film:
        packets = [bytes(packet) for packet in film.demux(video=0) if packet.size]
    at = len(parts[0].read_bytes()) + parts[1].read_bytes().find(packets[55])
    data[at : at + 4] = b"\xff" * 4
    source = tmp_path / "film.mkv"
    source.write_bytes(data)
    reader = Reader(source)
    pictures = [frame.luma.tobytes() for frame in reader.frames()]
    assert len(pictures) == len(set(pictures)) == 199
    assert reader.damage.bad_packets == 1


@pytest.mark.parametrize("place", [1, 5, 9])
def test_a_doubled_time_is_mended(place: int, tmp_path: Path, color: Color) -> None:
    whole = make(tmp_path / "whole.mkv", codec="ffv1", tick=TICK)
    source = tmp_path / "film.mkv"
    with av.open(str(whole)) as film, av.open(str(source), "w") as out:
        copy = out.add_stream_from_template(film.streams.video[0], opaque=True)
        copy.time_base = TICK
        for number, packet in enumerate(film.demux()):
            if packet.size:
                packet.pts = packet.dts = 40 * (number - (number == place))
                packet.stream = copy
                out.mux(packet)
    reader = Reader(source)
    times = [frame.seconds for frame in reader.frames()]
    assert len(times) == 10
    assert times == sorted(set(times))
    assert reader.damage.retimed == 1
    color(plan_target(reader.info, tmp_path / "out.mkv"), source)
    assert len(list(Reader(tmp_path / "out.mkv").frames())) == 10
