import pytest

from vidcolor.media.color_tags import ColorTags
from vidcolor.media.containers import MATROSKA, MOV, MP4
from vidcolor.media.tags import kept_tags, muxer_options, stream_tags
from vidcolor.yuv import Matrix


def test_what_a_tool_said_of_its_own_output_is_dropped() -> None:
    tags = {
        "title": "A",
        "ENCODER": "x",
        "BPS-eng": "1",
        "DURATION": "2",
        "rotate": "9",
    }
    assert kept_tags(tags) == {"title": "A"}


def test_a_track_title_of_mp4_comes_back_as_title() -> None:
    assert stream_tags({"name": "Main"}, "mov,mp4", MATROSKA) == {"title": "Main"}


def test_quicktime_is_given_the_language_it_knows() -> None:
    assert stream_tags({"language": "deu"}, "matroska", MOV) == {"language": "ger"}


def test_unusual_tags_make_mp4_store_all_by_name() -> None:
    assert "movflags" not in muxer_options({"title": "A"}, MP4, False)
    assert muxer_options({"reel": "7"}, MP4, False)["movflags"] == "use_metadata_tags"
    assert muxer_options({"show": "A"}, MOV, False)["movflags"] == "use_metadata_tags"
    assert "movflags" not in muxer_options({"reel": "7"}, MP4, True)


@pytest.mark.parametrize(("height", "matrix"), [(576, "BT601"), (577, "BT709")])
def test_untagged_matrix_goes_by_the_lines(height: int, matrix: str) -> None:
    assert ColorTags().matrix_for(height) is Matrix[matrix]


@pytest.mark.parametrize("number", [1, 5, 6, 9])
def test_a_tagged_matrix_is_kept_by_number(number: int) -> None:
    tags = ColorTags(0, number, 2, 2)
    spelled = tags.spelled_out(tags.matrix_for(100), full_range=True)
    assert spelled == ColorTags(2, number, 2, 2)
