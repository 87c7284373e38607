"""Compiles the two kernels. Everything else about the distribution stands in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    ext_modules=cythonize(
        [Extension(f"cext.{name}", [f"cext/{name}.py"], extra_compile_args=["-O2", "-ffp-contract=off"]) for name in ("lighting", "presence")],
        language_level=3,
    )
)
