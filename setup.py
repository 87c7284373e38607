"""Compiles the kernels. Everything else about the distribution stands in pyproject.toml."""

import shlex
import shutil
from pathlib import Path

from Cython.Distutils.build_ext import build_ext
from setuptools import Extension, setup

REMEDY = "install one, on Debian: apt-get install gcc python3-dev"


class BuildKernels(build_ext):
    """Says in one line what is missing, before a compiler says it in a hundred. Generated C stays out of the source."""

    def initialize_options(self) -> None:
        super().initialize_options()  # type: ignore[no-untyped-call]
        self.cython_c_in_temp = 1

    def build_extensions(self) -> None:
        names = list(dict.fromkeys([self.compiler.compiler_so[0], "cc", "gcc"]))
        found = next((name for name in names if shutil.which(name)), None)
        if found is None:
            raise SystemExit(f"gadelys: no C compiler found (tried {', '.join(names)}): {REMEDY}")
        if found != names[0]:  # an interpreter built elsewhere names the compiler of that place
            self.compiler.set_executables(
                compiler=found,
                compiler_so=[found, *self.compiler.compiler_so[1:]],
                linker_so=[found, *self.compiler.linker_so[1:]],
            )
        folders = self.compiler.include_dirs
        if not any(Path(folder, "Python.h").is_file() for folder in folders):
            raise SystemExit(
                f"gadelys: Python.h not found (looked in {', '.join(map(shlex.quote, folders))}): "
                "install the headers of this Python, on Debian: apt-get install python3-dev"
            )
        super().build_extensions()


setup(
    ext_modules=[
        # No contraction: a fused multiply-add on arm64 would differ from the interpreted form in the last bit.
        Extension(
            f"cext.{name}",
            [f"cext/{name}.py"],
            depends=["cext/fields.pxd", "cext/ramps.pxd"],
            extra_compile_args=["-O2", "-g0", "-ffp-contract=off"],
        )
        for name in ("fields", "ramps", "lighting", "night", "presence", "belief", "cfar", "pir", "doppler", "ranges")
    ],
    cmdclass={"build_ext": BuildKernels},
)
