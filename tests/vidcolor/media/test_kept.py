"""What stays as it was: sound, captions, chapters, tags, shapes, fields, times."""

import contextlib
import hashlib
import re
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.vidcolor.media.made import Side, make
from vidcolor.errors import WriteError
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span
from vidcolor.media.verification.verify import verify
from vidcolor.media.writer import Writer

Make = Callable[..., Path]
Color = Callable[..., list[tuple[Fraction, Any]]]


def plan(source: Path, target: str = "out.mkv", **wishes: Any) -> Plan:
    return plan_target(Reader(source).info, source.parent / target, **wishes)


def payload(path: Path, kind: str) -> str:
    """Return the hash of all the bytes in the packets of one kind of stream."""
    total = hashlib.sha256()
    with av.open(str(path)) as film:
        streams = [s for s in film.streams if s.type == kind]
        for packet in film.demux(*streams):
            total.update(bytes(packet))
    return total.hexdigest()


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.mov"])
@pytest.mark.parametrize("sound", ["aac", "libmp3lame", "pcm_s16le", "ac3", "alac"])
def test_sound_is_copied_byte_for_byte(
    make_film: Make, color: Color, name: str, sound: str
) -> None:
    source = make_film(sound=sound, codec="libx264", times=range(0, 4000, 40))
    made = plan(source, name)
    color(made, source)
    if (sound, name) == ("pcm_s16le", "out.mp4"):
        assert any("MP4 cannot carry it" in note for note in made.notes)
    else:
        assert payload(made.path, "audio") == payload(source, "audio")


def test_captions_chapters_tags_and_attachments_are_kept(
    make_film: Make, color: Color
) -> None:
    source = make_film(
        captions=[(0, 100, "Grüße"), (200, 100, "again")],
        chapters=[(0, 200, "Erster Teil Ä"), (200, 400, "Zweiter")],
        attachments=[("notes.txt", "text/plain", b"\x00any bytes")],
        tags={"title": "My film", "reel": "7"},
        sound="flac",
    )
    made = plan(source)
    color(made, source)
    before, after = Reader(source).info, Reader(made.path).info
    assert after.chapters == before.chapters
    assert after.streams[0].codec == "ffv1"
    assert [s.kind for s in after.streams] == [s.kind for s in before.streams]
    assert [s.language for s in after.streams] == [s.language for s in before.streams]
    assert after.metadata["title"] == "My film"
    assert after.metadata["REEL"] == "7"
    assert payload(made.path, "subtitle") == payload(source, "subtitle")
    with av.open(str(made.path)) as film:
        (attachment,) = film.streams.attachments
        assert attachment.data == b"\x00any bytes"
        assert attachment.mimetype == "text/plain"


def test_captions_change_their_form_and_keep_their_words(
    make_film: Make, color: Color
) -> None:
    captions = [(40, 100, "Hello"), (240, 100, "there")]
    source = make_film(captions=captions, codec="libx264")
    there = plan(source, "out.mp4")
    color(there, source)
    back = plan(there.path, "back.mkv")
    color(back, there.path)
    with av.open(str(back.path)) as film:
        packets = [p for p in film.demux(film.streams.subtitles[0]) if p.size]
        assert [(p.pts, bytes(p).decode()) for p in packets] == [
            (start, words) for start, _, words in captions
        ]


def test_captions_of_mp4_show_no_markup(make_film: Make, color: Color) -> None:
    words = [
        "<i>Hello</i>, {\\an8}you",
        '<font color="#fff">1 < 2</font>',
        "<3 {sic} <sic>",
    ]
    captions = [(80 * n, 40, text) for n, text in enumerate(words)]
    source = make_film(captions=captions, codec="libx264")
    made = plan(source, "out.mp4")
    color(made, source)
    with av.open(str(made.path)) as film:
        packets = [bytes(p)[2:] for p in film.demux(film.streams.subtitles[0])]
    shown = [packet.decode() for packet in packets if packet]
    assert shown == ["Hello, you", "1 < 2", "<3 {sic} <sic>"]
    assert not verify(source, made).faults


def shown_at(path: Path, seconds: Fraction) -> list[str]:
    """Return the lines of MP4 text that are shown at a time."""
    with av.open(str(path)) as film:
        for packet in film.demux(film.streams.subtitles[0]):
            start = (packet.pts or 0) * packet.time_base
            end = start + (packet.duration or 0) * packet.time_base
            if packet.size and start <= seconds < end:
                return [x for x in bytes(packet)[2:].decode().split("\n") if x]
    return []


OVERLAPPING = [
    (0, 300, "HOTEL"),
    (80, 80, "Hello"),
    (200, 200, "Bye"),
    (200, 40, "Bye!"),
    (480, 0, "now"),  # it does not say how long
    (600, 40, "End"),
]


@pytest.mark.parametrize("target", ["out.mp4", "out.mov"])
@pytest.mark.parametrize("start", [None, Fraction(1, 10)])
def test_captions_that_lie_over_each_other_are_shown_together(
    make_film: Make, color: Color, start: Fraction | None, target: str
) -> None:
    source = make_film(
        captions=OVERLAPPING, codec="libx264", times=range(0, 800, 40), sound="aac"
    )
    made = plan(source, target)
    color(made, source, start)
    late = round(1000 * (Reader(source).info.start + (start or 0)))
    for time in range(0, 780 - late, 10):
        there = late + time + 5
        wanted = [
            words
            for first, lasts, words in OVERLAPPING
            if first <= there < first + (lasts or 120)
        ]
        assert shown_at(made.path, Fraction(time + 5, 1000)) == wanted
    assert not verify(source, made, start).faults


@pytest.mark.parametrize("target", ["out.mp4", "out.mov", "out.mkv"])
def test_a_chapter_without_a_title_keeps_its_place(
    make_film: Make, color: Color, target: str
) -> None:
    chapters = [(0, 100, "One"), (100, 200, ""), (200, 400, "Three")]
    source = make_film(chapters=chapters, codec="libx264")
    made = plan(source, target)
    color(made, source)
    titles = [chapter.title for chapter in Reader(made.path).info.chapters]
    assert titles == ["One", "", "Three"]


@pytest.mark.parametrize("codec", ["h264", "ffv1", "vp9"])
def test_the_shape_of_samples_is_kept(
    make_film: Make, color: Color, codec: str
) -> None:
    source = make_film(codec="libx264", sar=Fraction(16, 11), times=(0, 40))
    made = plan(source, codec=codec)
    color(made, source)
    assert Reader(made.path).info.sar == Fraction(16, 11)


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.mov"])
def test_a_turned_picture_stays_turned(
    make_film: Make, color: Color, name: str
) -> None:
    matrix = (0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30)
    source = make_film(name="in.mp4", codec="libx264", matrix=matrix)
    made = plan(source, name)
    color(made, source)
    info = Reader(made.path).info
    assert info.display_matrix == matrix
    assert (info.width, info.height) == (64, 48)


@pytest.mark.parametrize(("codec", "name"), [("h264", "out.mp4"), ("ffv1", "out.mkv")])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "gray"])
@pytest.mark.parametrize("fields", ["tff", "bff"])
def test_interlaced_film_stays_interlaced(
    make_film: Make, color: Color, codec: str, name: str, pix_fmt: str, fields: str
) -> None:
    source = make_film(fields=fields, pix_fmt=pix_fmt)
    assert str(Reader(source).info.scan) == fields
    made = plan(source, name, codec=codec)
    color(made, source)
    assert str(Reader(made.path).info.scan) == fields
    assert all(f.picture.interlaced_frame for f in Reader(made.path).frames())


def test_film_that_becomes_interlaced_is_interlaced(
    tmp_path: Path, color: Color
) -> None:
    parts = [
        make(tmp_path / f"{n}.ts", frames=50, fields=fields)
        for n, fields in enumerate(["", "tff"])
    ]
    source = tmp_path / "film.ts"
    one_after_the_other(parts, source, seconds=2)
    before = [f.picture.interlaced_frame for f in Reader(source).frames()]
    assert before == [0] * 50 + [1] * 50
    made = plan(source, codec="h264")
    color(made, source)
    after = Reader(made.path)
    assert str(after.info.scan) == "tff"
    assert all(f.picture.interlaced_frame for f in after.frames())


def one_after_the_other(parts: list[Path], path: Path, seconds: int) -> None:
    """Copy films of so many seconds each into one, which goes on where they join."""
    with av.open(str(path), "w") as out:
        for number, part in enumerate(parts):
            with av.open(str(part)) as film:
                stream = film.streams.video[0]
                if not number:
                    copy = out.add_stream_from_template(stream, opaque=True)
                late = round(number * seconds / stream.time_base)
                for packet in film.demux(stream):
                    if packet.size:
                        packet.pts, packet.dts = packet.pts + late, packet.dts + late
                        packet.stream = copy
                        out.mux(packet)


def test_film_that_becomes_interlaced_at_its_end_is_interlaced(tmp_path: Path) -> None:
    source = make(
        tmp_path / "film.mkv",
        codec="ffv1",
        frames=100,
        fields="tff",
        from_frame=90,
    )
    assert not Reader(source).info.scan.interlaced
    assert plan(source, codec="h264").scan.interlaced


def test_encoders_without_fields_are_named(make_film: Make) -> None:
    made = plan(make_film(fields="tff"), codec="hevc")
    assert any("interlaced" in note for note in made.notes)


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4"])
def test_sound_that_is_counted_in_packets_keeps_its_place_in_a_part(
    make_film: Make, color: Color, name: str
) -> None:
    source = make_film(
        name="in.avi", codec="mpeg4", sound="ac3", times=range(0, 2000, 40)
    )
    start = Fraction(1, 3)
    made = plan(source, name)
    color(made, source, start, Fraction(1))
    places = []
    for path in (source, made.path):
        with av.open(str(path)) as film:
            sound = film.demux(film.streams.audio[0])
            places.append([p.pts * p.time_base for p in sound if p.pts is not None])
    first = next(time for time in places[0] if time >= start)
    assert abs(places[1][0] - (first - start)) <= Fraction(1, 2000)


def test_a_long_caption_is_in_every_part_that_it_reaches(
    make_film: Make, color: Color
) -> None:
    source = make_film(
        codec="libx264",
        rate=Fraction(1),
        times=range(0, 50_000, 1000),
        options={"g": "1", "bf": "0"},
        captions=[(1000, 40_000, "A map"), (42_000, 1000, "Later")],
    )
    made = plan(source)
    color(made, source, Fraction(30), Fraction(45))
    with av.open(str(made.path)) as film:
        shown = [
            (packet.pts, packet.duration, bytes(packet))
            for packet in film.demux(film.streams.subtitles[0])
            if packet.size
        ]
    assert shown == [(0, 11_000, b"A map"), (12_000, 1000, b"Later")]


def test_another_picture_s_part_begins_where_a_decoder_can(
    make_film: Make, color: Color, tmp_path: Path
) -> None:
    films = [
        make_film(
            f"{n}.mkv",
            codec="libx264",
            times=range(0, 4000, 40),
            options={"g": g, "bf": "0", "sc_threshold": "0"},
        )
        for n, g in enumerate(["10", "40"])
    ]
    source = tmp_path / "both.mkv"
    joined(films, source)
    made = plan(source)
    color(made, source, Fraction(1))
    with av.open(str(made.path)) as film:
        packets = [p for p in film.demux(film.streams.video[1]) if p.size]
    assert packets[0].is_keyframe
    assert packets[0].pts == 600  # thousandths: of 1.6 s
    assert len(packets) == 60
    assert not verify(source, made, Fraction(1)).faults


def joined(films: list[Path], path: Path) -> None:
    """Copy the streams of films into one file."""
    with av.open(str(path), "w") as out, contextlib.ExitStack() as stack:
        sources = [stack.enter_context(av.open(str(film))) for film in films]
        copies = [
            out.add_stream_from_template(source.streams.video[0], opaque=True)
            for source in sources
        ]
        packets = [
            (packet, copy)
            for source, copy in zip(sources, copies, strict=True)
            for packet in source.demux()
            if packet.size
        ]
        for packet, copy in sorted(packets, key=lambda entry: entry[0].pts or 0):
            packet.stream = copy
            out.mux(packet)


def test_a_part_starts_at_0_with_its_sound(make_film: Make, color: Color) -> None:
    source = make_film(
        codec="libx264",
        times=range(1000, 9000, 40),
        sound="aac",
        captions=[(1000, 3000, "long"), (4000, 900, "on"), (5000, 100, "late")],
        chapters=[(0, 3000, "one"), (3000, 9000, "two")],
    )
    made = plan(source)
    start, end = Fraction(21, 10), Fraction(41, 10)
    begin = Reader(source).info.start + start
    truth = color(made, source, start, end)
    result = Reader(made.path)
    times = [frame.seconds for frame in result.frames()]
    assert times == [time - begin for time, _ in truth]
    assert 0 <= times[0] < Fraction(1, 25)
    assert [(c.start, c.end) for c in result.info.chapters][1][1] == end - start
    with av.open(str(made.path)) as film:
        spans = {"audio": [], "subtitle": []}  # type: dict[str, list[Fraction]]
        ends = []
        for packet in film.demux(film.streams.audio[0], film.streams.subtitles[0]):
            if packet.size and packet.pts is not None:
                spans[packet.stream.type].append(packet.pts * packet.time_base)
            if packet.size and packet.stream.type == "subtitle":
                ends.append((packet.pts + packet.duration) * packet.time_base)
    assert 0 <= min(spans["audio"]) < Fraction(1, 40)
    assert end - start - Fraction(1, 20) < max(spans["audio"]) < end - start
    assert spans["subtitle"] == [0, 4 - begin]
    assert ends == [4 - begin, end - start]


@pytest.mark.parametrize("place", ["tags", "stream_tags"])
@pytest.mark.parametrize("name", ["film.mov", "film.mkv"])
@pytest.mark.parametrize("target", ["out.mov", "out.mkv", "out.ts"])
@pytest.mark.parametrize("start", [None, Fraction(0), Fraction(1, 5)])
def test_a_timecode_counts_from_the_first_frame_or_is_said_to_be_gone(
    tmp_path: Path,
    color: Color,
    place: str,
    name: str,
    target: str,
    start: Fraction | None,
) -> None:
    tags = {"timecode": "10:00:00:00"}
    film = make(tmp_path / name, **{place: tags})
    info = Reader(film).info
    made = plan(film, target, span=Span.of(info, start, None))
    color(made, film, start)
    assert verify(film, made, start).faults == ()
    with av.open(str(made.path)) as out:
        of_streams = [item for s in out.streams for item in s.metadata.items()]
        found = {k.lower(): v for k, v in [*of_streams, *out.metadata.items()]}
    told = any("timecode" in note for note in made.notes)
    is_there = found.get("timecode") == tags["timecode"]
    assert "timecode" not in found or is_there
    assert not (start and is_there)
    assert told is not is_there


def test_recordings_joined_end_to_end_go_on(make_film: Make, color: Color) -> None:
    times = range(0, 3200, 40)
    source = make_film(name="film.ts", codec="mpeg2video", sound="ac3", times=times)
    once = len(list(Reader(source).frames()))
    source.write_bytes(source.read_bytes() * 2)
    made = plan(source)
    truth = color(made, source)
    assert len(truth) == 2 * once
    with av.open(str(made.path)) as film:
        ends = dict.fromkeys(("video", "audio"), Fraction(0))
        for packet in film.demux():
            if packet.pts is not None:
                ends[packet.stream.type] = packet.pts * packet.time_base
    assert abs(ends["video"] - ends["audio"]) < Fraction(1, 2)


@pytest.mark.parametrize("target", ["out.mkv", "out.mp4"])
def test_frames_that_are_shown_nearly_at_once_stay_two(
    tmp_path: Path, color: Color, target: str
) -> None:
    times = (0, 3600, 3603, 3618, 7200, 10800)  # in 90,000ths of a second
    source = make(tmp_path / "film.mp4", tick=Fraction(1, 90000), times=times)
    made = plan(source, target)
    color(made, source)
    found = [frame.seconds for frame in Reader(made.path).frames()]
    assert len(found) == len(set(found)) == 6
    assert found == [pytest.approx(time / 90000, abs=0.002) for time in times]
    assert not verify(source, made).faults


def test_too_many_frames_for_a_container_s_clock_are_refused(
    tmp_path: Path, color: Color
) -> None:
    source = make(tmp_path / "film.mp4", rate=Fraction(2000), frames=20)
    with pytest.raises(WriteError, match=r"0\.001 s, too coarse"):
        color(plan(source, "out.mkv"), source)
    assert len(color(plan(source, "out.mp4"), source)) == 20


def test_tags_that_are_no_text_are_kept_as_bytes(make_film: Make, color: Color) -> None:
    source = make_film(tags={"title": "Gruesse"})
    source.write_bytes(source.read_bytes().replace(b"Gruesse", b"Gr\xfcsse\xff"))
    made = plan(source)
    color(made, source)
    assert b"Gr\xfcsse\xff" in made.path.read_bytes()


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
def test_a_cover_is_kept_whatever_the_tags_are(
    tmp_path: Path, color: Color, target: str
) -> None:
    png = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    cover = [("cover.png", "image/png", png)]
    tags = {"title": "My film", "media_type": "9"}
    source = make(tmp_path / "film.mkv", attachments=cover, tags=tags)
    made = plan(source, target)
    color(made, source)
    assert verify(source, made).faults == ()
    is_told = any("media_type beside a cover" in note for note in made.notes)
    assert is_told is (target == "out.mp4")


@pytest.mark.parametrize("tag", ["album_artist", "description", "lyrics", "show"])
def test_tags_are_kept_in_quicktime(tmp_path: Path, color: Color, tag: str) -> None:
    source = make(tmp_path / "film.mkv", tags={"title": "A", tag: "B"})
    made = plan(source, "out.mov")
    color(made, source)
    found = {k.lower(): v for k, v in Reader(made.path).info.metadata.items()}
    assert (found["title"], found[tag]) == ("A", "B")


@pytest.mark.parametrize("target", ["out.mov", "out.mkv"])
def test_sound_that_a_part_has_none_of_is_no_fault(
    tmp_path: Path, color: Color, target: str
) -> None:
    """Sound first, and only in the first second: MP4's readers leave it out then."""
    source = tmp_path / "film.mov"
    with av.open(str(source), "w") as out:
        sound = out.add_stream("aac", 48000, layout="stereo")
        film = out.add_stream("libx264", 25)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        for n in range(45):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((2, 1024), np.float32), "fltp", "stereo"
            )
            frame.sample_rate, frame.pts = 48000, 1024 * n
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
        for n in range(75):
            picture = av.VideoFrame.from_ndarray(
                np.full((72, 64), n, np.uint8), "yuv420p"
            )
            picture.pts = n
            out.mux(film.encode(picture))
        out.mux(film.encode(None))
    start = Fraction(2)
    info = Reader(source).info
    made = plan(source, target, span=Span.of(info, start, None))
    assert len(color(made, source, start)) == 25
    assert verify(source, made, start).faults == ()


@pytest.mark.parametrize("codec", ["mpeg4", "mpeg2video"])
def test_a_part_may_begin_half_a_frame_off(
    tmp_path: Path, color: Color, codec: str
) -> None:
    source = make(tmp_path / "film.mkv", frames=60)
    start = Fraction(13, 10)
    made = plan(source, codec=codec, span=Span.of(Reader(source).info, start, None))
    assert len(color(made, source, start)) == 27


def test_damage_to_the_sound_does_not_end_the_picture_and_is_told(
    tmp_path: Path,
) -> None:
    source = make(tmp_path / "film.mp4", frames=100, sides=[Side("aac")])
    data = bytearray(source.read_bytes())
    tables = [m.start() for m in re.finditer(b"stco", data)]
    count = int.from_bytes(data[tables[1] + 8 : tables[1] + 12], "big")
    data[tables[1] + 12 + 4 * (count // 4)] |= 0x40  # a chunk lies far beyond the end
    source.write_bytes(data)
    assert len(list(Reader(source).frames())) == 100
    made = plan(source, "out.mkv")
    with Writer(made, Reader(source).info) as writer:
        for frame in Reader(source).frames():
            grey = np.full(made.yuv.chroma_shape(*frame.luma.shape), 128, np.uint8)
            writer.write(frame, grey, grey)
    assert re.search(r"\d+ of \d+ packets of the audio", " ".join(writer.losses))


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_sound_whose_packets_share_a_time_is_all_kept(
    make_film: Make, color: Color, name: str
) -> None:
    made = make_film(codec="libx264", times=range(0, 2000, 40), sound="flac")
    source = made.with_name("shared.mkv")
    with av.open(str(made)) as film, av.open(str(source), "w") as out:
        streams = [out.add_stream_from_template(s, opaque=True) for s in film.streams]
        times: list[int] = []
        for packet in film.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                if packet.stream.type == "audio":
                    times.append(packet.pts)
                    packet.pts = packet.dts = times[(len(times) - 1) // 2 * 2]
                out.mux(packet)
    planned = plan(source, name)
    color(planned, source)
    assert payload(planned.path, "audio") == payload(source, "audio")
    before = sound_times(source)
    assert before == sorted(before)
    assert len(set(before)) < 0.6 * len(before)
    moved = np.subtract(sound_times(planned.path), before)
    # MP4 wants every packet later than the one before.
    assert np.abs(moved).max() <= (0.003 if name == "out.mp4" else 0)


def sound_times(path: Path) -> list[float]:
    with av.open(str(path)) as film:
        packets = [packet for packet in film.demux(audio=0) if packet.size]
    return [float((packet.pts or 0) * packet.time_base) for packet in packets]


CUTS = {  # how long it is shown, in 90,000ths of a second, and from which sample on
    "in the middle": [(180_000, 1024), (180_000, 1024 + 48_000 * 5 + 500)],
    "at the front": [(360_000, 1024 + 48_000 * 3)],
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
def test_sound_that_was_cut_away_stays_away(
    tmp_path: Path, color: Color, target: str, cut: str
) -> None:
    source = make(
        tmp_path / "film.mp4",
        frames=100,
        sides=[Side("aac", seconds=8.0)],
        muxing={"movie_timescale": "90000"},
    )
    edit_last_track(source, CUTS[cut])
    made = plan(source, target, codec="h264")
    color(made, source)
    assert verify(source, made).faults == ()
    assert heard(source) == pytest.approx(4, abs=0.05)
    # Where there are no edit lists, decoders begin a little before.
    assert heard(made.path) == pytest.approx(4, abs=0.1)


def edit_last_track(film: Path, shown: list[tuple[int, int]]) -> None:
    """Give an MP4's last track an edit list that shows these stretches."""
    data = bytearray(film.read_bytes())
    at = data.rfind(b"elst")
    old = int.from_bytes(data[at + 8 : at + 12], "big")
    edits = b"".join(struct.pack(">Iii", *edit, 1 << 16) for edit in shown)
    data[at + 8 : at + 12 + 12 * old] = struct.pack(">I", len(shown)) + edits
    boxes = [at, *(data.rfind(box, 0, at) for box in (b"edts", b"trak", b"moov"))]
    for box in boxes:
        (size,) = struct.unpack(">I", data[box - 4 : box])
        data[box - 4 : box] = struct.pack(">I", size + 12 * (len(shown) - old))
    film.write_bytes(data)


def heard(path: Path) -> float:
    """Return how many seconds of sound a film plays."""
    with av.open(str(path)) as film:
        return sum(f.samples / f.sample_rate for f in film.decode(audio=0))


@pytest.mark.parametrize("target", ["out.mov", "out.mkv"])
def test_a_timecode_keeps_the_name_of_its_reel(
    tmp_path: Path, color: Color, target: str
) -> None:
    tags = {"timecode": "10:00:00:00", "reel_name": "A001"}
    film = make(tmp_path / "film.mov", stream_tags=tags)
    made = plan(film, target)
    color(made, film)
    with av.open(str(made.path)) as out:
        of_streams = [item for s in out.streams for item in s.metadata.items()]
    assert ("reel_name", "A001") in [(k.lower(), v) for k, v in of_streams]
