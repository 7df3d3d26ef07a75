import subprocess
import sys

import vidcolor


def test_what_is_offered_is_there_every_time() -> None:
    # In an interpreter of its own: in this one, others have imported the modules.
    checks = [f"assert callable(vidcolor.{name})" for name in vidcolor.__all__] * 2
    code = "; ".join(["import vidcolor", *checks])
    subprocess.run([sys.executable, "-c", code], check=True)
