"""Puts what stands at the top of the repository into the package, where the installed command finds it.

Everything else about the package is in pyproject.toml.
"""

from setuptools import find_packages, setup

CARRIED = {"explorer._app": ".", "explorer._app.pages": "pages"}  # by package: folder of the repository

setup(
    script_name="setup.py",  # lies beside app.py, and is not carried
    packages=[*find_packages(include=["explorer", "explorer.*"]), *CARRIED],
    package_dir=CARRIED,
)
