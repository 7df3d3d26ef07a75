"""Film: our own network, made for moving pictures on small machines.

An EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946; the Lite variant has no
squeeze-and-excitation and ReLU6 for swish) looks at the picture, a feature pyramid
(Lin et al. 2017, arXiv 1612.03144) brings what it saw back to a quarter of the
picture's size, and a classifier answers with a distribution over bins of ab, as
ECCV16 does (Zhang et al. 2016, arXiv 1603.08511).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidcolor_models.answer import Answer, expected
from vidcolor_models.hints import hint_channels

BINS = 262  # cells of step 10 that sRGB colours fall into
STRIDE = 4  # input pixels per predicted one

# Convolutions of which 8 bits are enough: the last one of the decoder, which is two
# fifths of all multiplications. Ab changes by 0.04 on average.
ROUGH = ["decoder.smooths.0.0"]

# Kernel, stride of the first block, expansion, output channels, number of blocks:
# EfficientNet-B0's stages (table 1 of the paper).
_STAGES = [
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
]
_TAPS = (1, 2, 4, 6)  # the last stage before each halving, and the very last


class Film(nn.Module):
    """Lightness, and hints where there are any, to ab at a quarter of the size.

    `bins`, `rarity`, `vividness` and `temperature` come with the weights: where the
    bins are in ab, the natural log of their rebalancing weights, how much these count,
    and how much the distribution is sharpened before its mean is taken. While classes
    are trained, the rebalancing weights are those of equation 4 of ECCV16; those that
    are shipped were tuned.
    """

    bins: Tensor
    rarity: Tensor
    temperature: Tensor
    vividness: Tensor

    def __init__(self, width: int = 128, bins: int = BINS) -> None:
        super().__init__()
        self.encoder = EfficientNetLite(channels=4)
        coarsest = self.encoder.tap_channels[-1]
        self.context = nn.Sequential(*(Attention(coarsest) for _ in range(2)))
        self.decoder = Pyramid(self.encoder.tap_channels, width)
        self.head = nn.Conv2d(width, bins, 1)
        self.register_buffer("bins", torch.zeros(bins, 2))
        self.register_buffer("rarity", torch.zeros(bins))
        self.register_buffer("temperature", torch.tensor(0.38))
        self.register_buffer("vividness", torch.tensor(1.15))

    def forward(
        self,
        lightness: Tensor,
        hint_ab: Tensor | None = None,
        hint_mask: Tensor | None = None,
    ) -> Answer:
        """Predict ab (N, 2, H/4, W/4) from lightness (N, 1, H, W) in 0..100.

        `hint_ab` (N, 2, H, W) holds where `hint_mask` (N, 1, H, W) is 1, is ignored
        where it is 0, and half believed in between. Odd sizes round up.

        Raises:
            ValueError: one of the hints is given without the other.
        """
        return self.decode(self.logits(lightness, hint_ab, hint_mask))

    def logits(
        self,
        lightness: Tensor,
        hint_ab: Tensor | None = None,
        hint_mask: Tensor | None = None,
    ) -> Tensor:
        """Return the unnormalised log-probability of each bin, (N, bins, H/4, W/4)."""
        logits: Tensor = self.head(self.features(lightness, hint_ab, hint_mask))
        return logits

    def features(
        self,
        lightness: Tensor,
        hint_ab: Tensor | None = None,
        hint_mask: Tensor | None = None,
    ) -> Tensor:
        """Return what the last layer makes its logits of, (N, width, H/4, W/4)."""
        grey = (lightness * 2.55 - 127) / 128  # what the ImageNet weights were used to
        hints = hint_channels(lightness, hint_ab, hint_mask)
        *fine, coarse = self.encoder(torch.cat([grey, hints], dim=1))
        features: Tensor = self.decoder([*fine, self.context(coarse)])
        return features

    def decode(self, logits: Tensor) -> Answer:
        """Return the annealed mean of ab (N, 2, H, W) (equation 5 of ECCV16).

        Rebalancing is done here, not in the weights: each bin's probability is
        multiplied by its rarity to the power of `vividness`. 0 gives the timid mean,
        the weights' own vividness what they were tuned for. The uncertainty is that of
        the distribution so made.
        """
        tilt = self.vividness * self.rarity
        return annealed_mean(logits, tilt, self.temperature, self.bins)


def annealed_mean(
    logits: Tensor, tilt: Tensor, temperature: Tensor, bins: Tensor
) -> Answer:
    """Return the mean over bins (Q, 2) of softmax(logits / temperature + tilt).

    Of logits (N, Q, H, W), and a tilt (Q).
    """
    # Bins last: so they lie side by side in memory (channels-last).
    logits = logits.float().movedim(1, -1)
    sharpened = torch.addcmul(tilt, logits, 1 / temperature)
    return expected(sharpened.softmax(dim=-1).movedim(-1, 1), bins)


class EfficientNetLite(nn.Module):
    """The encoder, without its classifier: features at 1/4, 1/8, 1/16 and 1/32.

    `width` multiplies the channels of each stage, and `depth` its blocks (section 3.3
    of the paper); 1 and 1 make Lite0, 1.1 and 1.2 Lite2. The Lite variants leave the
    stem, and the depth of the first and the last stage, as they are.
    """

    def __init__(
        self, channels: int = 3, width: float = 1.0, depth: float = 1.0
    ) -> None:
        super().__init__()
        self.stem = _conv_norm(channels, 32, 3, 2, rectifier=_relu6())
        blocks: list[nn.Module] = []
        self.taps: list[int] = []  # blocks whose output is wanted
        self.tap_channels: list[int] = []
        before = 32
        for stage, (kernel, stride, expansion, after, count) in enumerate(
            _scaled(width, depth)
        ):
            for index in range(count):
                blocks.append(
                    InvertedBottleneck(
                        before, after, kernel, stride if index == 0 else 1, expansion
                    )
                )
                before = after
            if stage in _TAPS:
                self.taps.append(len(blocks) - 1)
                self.tap_channels.append(after)
        self.blocks = nn.ModuleList(blocks)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return four maps, fine to coarse, from an image (N, channels, H, W)."""
        x = self.stem(image)
        taps = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.taps:
                taps.append(x)
        return taps


class InvertedBottleneck(nn.Module):
    """Widen, look around in each channel, narrow; added to its input where it fits."""

    def __init__(
        self, before: int, after: int, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        wide = before * expansion
        self.expand = (
            _conv_norm(before, wide, 1, rectifier=_relu6()) if expansion > 1 else None
        )
        self.depthwise = _conv_norm(wide, wide, kernel, stride, wide, _relu6())
        self.project = _conv_norm(wide, after, 1)
        self.residual = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, before, H, W) to (N, after, H/stride, W/stride)."""
        wide = x if self.expand is None else self.expand(x)
        narrow: Tensor = self.project(self.depthwise(wide))
        return x + narrow if self.residual else narrow


class Attention(nn.Module):
    """Each place asks all others what they see: a meadow is one meadow.

    A transformer layer (Vaswani et al. 2017, arXiv 1706.03762), normalised first, each
    half scaled by learned factors that begin near zero (LayerScale, arXiv 2103.17239).
    Places are not numbered, so that any size of picture will do.
    """

    def __init__(self, channels: int, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(channels)
        self.ask = nn.Linear(channels, 3 * channels)
        self.answer = nn.Linear(channels, channels)
        self.attention_scale = nn.Parameter(torch.full((channels,), 1e-2))
        self.feed_norm = nn.LayerNorm(channels)
        self.feed = nn.Sequential(
            nn.Linear(channels, 2 * channels),
            nn.GELU(),
            nn.Linear(2 * channels, channels),
        )
        self.feed_scale = nn.Parameter(torch.full((channels,), 1e-2))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        channels = x.shape[1]
        places = x.flatten(2).transpose(1, 2)  # N, H*W, C
        asked = self.ask(self.attention_norm(places))
        asked = asked.unflatten(-1, (3, self.heads, channels // self.heads))
        seen = F.scaled_dot_product_attention(*asked.permute(2, 0, 3, 1, 4))
        seen = seen.transpose(1, 2).reshape(places.shape)
        places = places + self.attention_scale * self.answer(seen)
        places = places + self.feed_scale * self.feed(self.feed_norm(places))
        x = places.transpose(1, 2).reshape(x.shape)
        return x


class Pyramid(nn.Module):
    """From coarse to fine: enlarge, add the finer map, look around."""

    def __init__(self, channels: list[int], width: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.smooths = nn.ModuleList(
            _conv_norm(width, width, 3, rectifier=nn.ReLU()) for _ in channels
        )

    def forward(self, taps: list[Tensor]) -> Tensor:
        """Map features, fine to coarse, to one map of the finest one's size."""
        x: Tensor | None = None
        for tap, lateral, smooth in zip(
            reversed(taps),
            reversed(self.laterals),
            reversed(self.smooths),
            strict=True,
        ):
            side = lateral(tap)
            if x is not None:
                side = side + F.interpolate(
                    x, tap.shape[-2:], mode="bilinear", align_corners=False
                )
            x = smooth(side)
        assert x is not None
        return x


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's "SAME": what is odd goes right and below."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', ceil(H/stride), ceil(W/stride))."""
        x, padding = self.pad(x)
        return F.conv2d(
            x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def pad(self, x: Tensor, ahead: int = 0) -> tuple[Tensor, list[int]]:
        """Return x padded, and by how much it is still to be on each side.

        `ahead` counts rows and columns of zeros that stand before the filter's own.
        """
        before: list[int] = []
        after: list[int] = []
        for size, kernel, stride in zip(
            x.shape[-2:], self.kernel_size, self.stride, strict=True
        ):
            short = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            before.append(short // 2 + ahead)
            after.append(short - short // 2)
        if before == after:  # then the convolution does it, without a copy
            return x, before
        return F.pad(x, (before[1], after[1], before[0], after[0])), [0, 0]


def _scaled(width: float, depth: float) -> list[tuple[int, int, int, int, int]]:
    """Return the stages made wider, in steps of 8 channels, and deeper."""
    stages = []
    for stage, (kernel, stride, expansion, channels, count) in enumerate(_STAGES):
        wanted = channels * width
        wide = int(wanted + 4) // 8 * 8
        if wide < 0.9 * wanted:  # the paper's code never takes a tenth away
            wide += 8
        deep = math.ceil(count * depth) if 0 < stage < len(_STAGES) - 1 else count
        stages.append((kernel, stride, expansion, wide, deep))
    return stages


def _conv_norm(
    before: int,
    after: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    rectifier: nn.Module | None = None,
) -> nn.Sequential:
    layers: list[nn.Module] = [
        SameConv2d(before, after, kernel, stride, groups=groups, bias=False),
        nn.BatchNorm2d(after, eps=1e-3, momentum=0.01),
    ]
    return nn.Sequential(*layers, *([rectifier] if rectifier else []))


def _relu6() -> nn.ReLU6:
    # In place: new memory for tensors so wide takes as long as the arithmetic.
    return nn.ReLU6(inplace=True)
