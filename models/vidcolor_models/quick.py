"""A network made quick on a CPU, for predicting."""

from collections.abc import Collection

from torch import nn

from vidcolor_models.packing import RECTIFIERS, PackedConv2d, PackedLinear
from vidcolor_models.rough import RoughConv2d, is_quick
from vidcolor_models.winograd import WinogradConv2d, pays


def quicken(network: nn.Module, rough: Collection[str] = ()) -> None:
    """Replace a network's layers by quicker ones, in place: float32, on the CPU.

    It answers as before, but for roundings: of the 3x3 convolutions by the names of
    `rough`, 8 bits are enough. It can be trained, copied or saved no more.
    """
    bearing = {network.get_submodule(name) for name in rough if is_quick()}
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d):
                rectifier = _take_rectifier(module, name)
                quicker = _quicker(child, rectifier, child in bearing)
                setattr(module, name, quicker)
            elif isinstance(child, nn.Linear):
                setattr(module, name, PackedLinear(child))


def _quicker(
    conv: nn.Conv2d, rectifier: nn.Module | None, bears_roughness: bool
) -> nn.Module:
    if isinstance(rectifier, nn.ReLU6):
        return PackedConv2d(conv, rectifier)
    if bears_roughness:
        return RoughConv2d(conv, rectified=rectifier is not None)
    if pays(conv):
        return WinogradConv2d(conv, rectified=rectifier is not None)
    return PackedConv2d(conv, rectifier)


def _take_rectifier(module: nn.Module, name: str) -> nn.Module | None:
    """Remove the rectifier that comes next in a Sequential, and return it."""
    if isinstance(module, nn.Sequential):
        for index in range(int(name) + 1, len(module)):
            layer = module[index]
            if type(layer) in RECTIFIERS:
                module[index] = nn.Identity()
                return layer
            if not isinstance(layer, nn.Identity):
                break
    return None
