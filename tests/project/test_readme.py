"""The table of commands in the README is that of the code, and its links lead somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from harness.jobs import commands

ROOT = Path(__file__).resolve().parents[2]
START, END = "<!-- commands -->\n", "<!-- end of commands -->\n"


def sessions():
    """The sessions of the noxfile, each with the first line of its docstring."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: ast.get_docstring(node).partition("\n")[0].rstrip(".")
        for node in functions
        if any(ast.unparse(one).startswith("nox.session") for one in node.decorator_list)
    }


def table():
    """The commands as Markdown: those of the program, then the sessions that are nox's alone."""
    with_nox, listed = sessions(), {command.name: command.summary for command in commands()}
    rows = [(name, "yes" if name in with_nox else "no", "yes", summary) for name, summary in listed.items()]
    rows += [(name, "yes", "no", summary) for name, summary in with_nox.items() if name not in listed]
    lines = ["| command | nox | gradproof | what it does |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| `{name}` | {nox} | {own} | {text} |" for name, nox, own, text in rows)]) + "\n"


def test_the_table_of_commands_is_that_of_the_code():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme[readme.index(START) + len(START) : readme.index(END)]
    assert shown == table(), f"put this between the two comments of README.md:\n{table()}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_link_leads_to_a_file_and_a_heading(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith("http")]
    assert len(links) > 5
    for link in links:
        path, _, anchor = link.partition("#")
        assert (ROOT / path).exists(), f"{page} links {link}"
        if anchor:
            target = (ROOT / (path or page)).read_text(encoding="utf-8")
            headings = {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in target.splitlines()}
            assert anchor in headings or f'id="{anchor}"' in target, f"{page} links {link}"
