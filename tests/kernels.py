"""Both forms of the kernels, whatever is installed: compiled, and interpreted from the same source."""

import atexit
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import cext  # noqa: F401 - before a part of it stands for another

ROOT = Path(__file__).parents[1]
SHARED = ("fields", "ramps", "belief", "cfar")  # imported by others of them
NAMES = (*SHARED, "lighting", "night", "presence", "pir", "doppler", "ranges")
FORMS = ("compiled", "interpreted")


class NoCompilerError(Exception):
    """The compiled form is not installed and cannot be built here."""


@cache
def kernel(form: str, name: str) -> ModuleType:
    """One kernel in one form, under a module name of its own."""
    folder = _compiled_folder() if form == "compiled" else ROOT / "cext"
    if isinstance(folder, NoCompilerError):
        raise folder
    file = folder / f"{name}{_suffix() if form == 'compiled' else '.py'}"
    spec = importlib.util.spec_from_file_location(f"{form}_kernel.{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    siblings = {f"cext.{shared}": kernel(form, shared) for shared in SHARED if name not in SHARED}
    with patch.dict(sys.modules, siblings):  # of the same form
        spec.loader.exec_module(module)
    compiled: bool = module.COMPILED
    assert compiled is (form == "compiled")
    return module


@cache
def _compiled_folder() -> Path | NoCompilerError:
    """The installed kernels if they are of this source, else a build in a temporary folder."""
    for folder in (Path(entry, "cext") for entry in sys.path):
        if all(_is_of_this_source(folder, name) for name in NAMES):
            return folder
    build = Path(tempfile.mkdtemp(prefix="gadelys-kernels-"))
    atexit.register(shutil.rmtree, build, ignore_errors=True)
    shutil.copytree(ROOT / "cext", build / "cext", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copy(ROOT / "setup.py", build)
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace", "--parallel", "2"]
    done = subprocess.run(command, cwd=build, capture_output=True, text=True, check=False)
    if done.returncode and "gadelys: " in done.stderr:
        return NoCompilerError(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return build / "cext"


def _is_of_this_source(folder: Path, name: str) -> bool:
    source = folder / f"{name}.py"
    built = (folder / f"{name}{_suffix()}").is_file() and source.is_file()
    return built and source.read_bytes() == (ROOT / "cext" / f"{name}.py").read_bytes()


def _suffix() -> str:
    return str(sysconfig.get_config_var("EXT_SUFFIX"))
