"""A submission takes its neighbours along, and what is said of it there reads as if it were here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.jobs.distributed import luggage as luggages
from harness.jobs.distributed.luggage import Luggage, luggage
from harness.model.errors import UnusableInput
from harness.sandbox.sources.find import Implementation


def filled(folder, **files):
    """Files of these texts; `a__b` is the file a/b.py."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def of(*paths, adapter=None):
    return luggage([Implementation(path.stem, path, adapter=adapter) for path in paths])


def test_every_neighbour_is_there_byte_for_byte(tmp_path):
    here, place = filled(tmp_path / "here", net="import nn.layers", nn__layers="# π"), tmp_path / "there"
    (here / "weights.bin").write_bytes(bytes(range(256)))
    places = of(here / "net.py").unpacked(place)
    for path in (path for path in here.rglob("*") if path.is_file()):
        moved = Path(places.there(str(path)))
        assert moved.read_bytes() == path.read_bytes()
        assert moved.is_relative_to(place)
        assert places.back(f"in {moved}, line 1") == f"in {path}, line 1"
    assert places.there("truth") == "truth"
    assert places.there(f"{here}more/net.py") == f"{here}more/net.py"


def test_a_folder_in_another_is_sent_once(tmp_path):
    here = filled(tmp_path, net="", nn__deep="")
    assert [*of(here / "net.py", here / "nn" / "deep.py").folders] == [str(here)]


def test_what_is_hidden_or_made_by_python_is_left_out(tmp_path):
    here = filled(tmp_path, net="", __pycache____old="", _git="").joinpath("net.py")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").touch()
    (tmp_path / ".secret").touch()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "net.pyc").touch()
    [files] = of(here).folders.values()
    assert {".secret", ".git/config", "__pycache__/net.pyc"}.isdisjoint(files)
    assert "net.py" in files


def test_an_adapter_imports_from_where_the_file_is_now(tmp_path):
    here = filled(tmp_path / "a course" / "week 1", net="")
    adapter = (
        filled(tmp_path, adapter=f"import sys\nsys.path.insert(0, {str(here.parent)!r})\n# {here}\n") / "adapter.py"
    )
    places = of(here / "net.py", adapter=adapter).unpacked(tmp_path / "there")
    text = Path(places.there(str(adapter))).read_text(encoding="utf-8")
    assert str(here) not in text
    assert repr(places.there(str(here.parent))) in text
    assert Path(places.there(str(here / "net.py"))).is_relative_to(places.there(str(here.parent)))


@pytest.mark.parametrize(("limit", "most"), [("FOLDER_BYTES", 2**20), ("FOLDER_FILES", 2)])
def test_a_folder_that_is_too_large_is_said_in_a_line(tmp_path, monkeypatch, limit, most):
    monkeypatch.setattr(luggages, limit, most)
    here = filled(tmp_path, net="", a="", b="# " + "x" * 2**20)
    expected = f"^{re.escape(str(tmp_path))}: expected at most .* found more; put what belongs together in a folder"
    with pytest.raises(UnusableInput, match=expected):
        of(here / "net.py")


def test_nothing_is_moved_where_nothing_is_sent(tmp_path):
    places = Luggage().unpacked(tmp_path)
    assert places.there("/x/net.py") == places.back("/x/net.py") == "/x/net.py"
