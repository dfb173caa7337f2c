"""The example scenarios go into the package when it is built; in the repository they stand in `scenarios/` only."""

from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithExamples(build_py):
    """Copies `scenarios/` to `cxsim/examples/` of what is built; an editable install reads them where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "cxsim" / "examples"
            rmtree(target, ignore_errors=True)
            copytree(Path(__file__).parent / "scenarios", target, ignore=ignore_patterns("__pycache__", "*.pyc"))


setup(cmdclass={"build_py": BuildWithExamples})
