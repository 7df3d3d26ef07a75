import pkgutil
import subprocess
import sys

import vidcolor


def test_what_is_offered_is_there_every_time() -> None:
    # In an interpreter of its own: in this one, others have imported the modules.
    checks = [f"assert callable(vidcolor.{name})" for name in vidcolor.__all__] * 2
    code = "; ".join(["import vidcolor", *checks])
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_module_has_the_name_of_what_is_offered() -> None:
    # Whoever imported it would put the module in that place.
    modules = {module.name for module in pkgutil.iter_modules(vidcolor.__path__)}
    assert not modules & set(vidcolor.__all__)
