"""What pyproject.toml cannot hold: the project's addresses, and a README whose links work wherever it is shown."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup

REPOSITORY = "https://github.com/lookout-bot/lookout"
"""Where the project lives. Whoever publishes it from elsewhere changes this line alone."""

BRANCH = "main"
LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<path>(?!https?://|#)[^)\s]+)\)")


def absolute(markdown: str) -> str:
    """Links to files of the project become links into its repository, pictures links to the pictures themselves."""

    def link(found: re.Match[str]) -> str:
        view = "raw" if found["picture"] else "blob"
        return f"{found['picture']}[{found['text']}]({REPOSITORY}/{view}/{BRANCH}/{found['path']})"

    return LINK.sub(link, markdown)


if __name__ == "__main__":
    setup(
        long_description=absolute((Path(__file__).parent / "README.md").read_text(encoding="utf-8")),
        long_description_content_type="text/markdown",
        project_urls={
            "Homepage": REPOSITORY,
            "Documentation": f"{REPOSITORY}/tree/{BRANCH}/docs",
            "Changelog": f"{REPOSITORY}/blob/{BRANCH}/CHANGELOG.md",
            "Issues": f"{REPOSITORY}/issues",
            "Security": f"{REPOSITORY}/security/policy",
        },
    )
