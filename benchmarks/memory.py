"""Peak memory of colouring a clip once, and looped: python benchmarks/memory.py CLIP

The second film is the clip, its packets written ten times over. The peaks should be
close: memory is bounded by the window and the queues, not by the film's length.
"""

import resource
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

import av

LOOPS = 10


def main() -> None:
    """Print both peaks and their ratio."""
    clip = Path(sys.argv[1])
    options = sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        looped = loop(clip, Path(folder) / "looped.mkv")
        once = peak(clip, Path(folder) / "once.color.mkv", options)
        often = peak(looped, Path(folder) / "often.color.mkv", options)
    print(f"once: {once:.0f} MB   {LOOPS} times: {often:.0f} MB   {often / once:.3f}")


def loop(clip: Path, target: Path) -> Path:
    """Write the clip's video LOOPS times in a row."""
    with av.open(str(target), "w") as out:
        stream, begin = None, 0.0
        for _ in range(LOOPS):
            end = begin
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(video, opaque=True)
                for packet in source.demux(video):
                    if packet.pts is None:
                        continue
                    assert packet.time_base is not None
                    step = round(begin / packet.time_base)
                    packet.pts += step
                    packet.dts = None if packet.dts is None else packet.dts + step
                    length = (packet.duration or 1) * packet.time_base
                    end = max(end, float(packet.pts * packet.time_base + length))
                    packet.stream = stream
                    out.mux(packet)
            begin = end
    return target


def peak(source: Path, target: Path, options: list[str]) -> float:
    """Return the peak resident memory, in MB, of colouring a film."""
    # A process of its own: the peak of children is that of the largest one ever.
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (source, target, options))


def _peak(source: Path, target: Path, options: list[str]) -> float:
    command = [sys.executable, "-m", "vidcolor", "colorize", "--quiet", str(source)]
    subprocess.run([*command, "-o", str(target), *options], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
