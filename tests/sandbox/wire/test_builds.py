"""The builds of compiled languages: reused while nothing has changed that the compiler reads, and removed when old."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from harness.sandbox.host.building import built_folders
from harness.sandbox.host.building.build import command_for
from harness.sandbox.host.building.built_folders import DAY, UNFINISHED
from harness.sandbox.sources.toolchains import language_named

C = '#include <stdio.h>\n#include {}\nint main(void) {{ printf("%d\\n", K); return 0; }}\n'
PRINTS_1 = C.format("<math.h>").replace("K)", "1)")
ASM = (
    '#include <stdio.h>\nextern const char k[];\n__asm__(".globl k\\nk: .incbin \\"{folder}/k.bin\\"");\n'
    'int main(void) {{ printf("%.1s\\n", k); return 0; }}\n'
)
JAVA = "public class Net { public static void main(String[] given) { System.out.println(sub.K.K); } }\n"
RUST = 'mod k;\nfn main() { println!("{}{}", k::K, include_str!("sub/k.txt").trim()); }\n'
# A source file, a file that it is built from, with the value 1 and then with the value 2, and what is printed then.
CHANGES = {
    "a header below": ("net.c", C.format('"sub/k.h"'), "sub/k.h", "#define K 1\n", "#define K 2\n"),
    "a header above": ("net.c", C.format('"../k.h"'), "../k.h", "#define K 1\n", "#define K 2\n"),
    "another suffix": ("net.c", C.format('"k.txt"'), "k.txt", "#define K 1\n", "#define K 2\n"),
    "an odd name": ("net.c", C.format('"a $#b.h"'), "a $#b.h", "#define K 1\n", "#define K 2\n"),
    "a new header": (
        "net.c",
        '#if __has_include("k.h")\n#include "k.h"\n#else\n#define K 1\n#endif\n' + C.format("<stddef.h>"),
        "k.h",
        None,
        "#define K 2\n",
    ),
    "a file of the assembler": ("net.c", ASM, "k.bin", "1", "2"),
    "a header in C++": ("net.cpp", C.format('"sub/k.h"'), "sub/k.h", "#define K 1\n", "#define K 2\n"),
    "a package": (
        "Net.java",
        JAVA,
        "sub/K.java",
        "package sub; public class K { public static int K = 1; }\n",
        "package sub; public class K { public static int K = 2; }\n",
    ),
    "a module": (
        "net.rs",
        RUST.replace("{}{}", "{0}").replace(', include_str!("sub/k.txt").trim()', ""),
        "k.rs",
        "pub const K: i32 = 1;\n",
        "pub const K: i32 = 2;\n",
    ),
    "an included text": ("net.rs", 'fn main() { println!("{}", include_str!("sub/k.txt")); }\n', "sub/k.txt", "1", "2"),
}
LANGUAGES = {".c": "C", ".cpp": "C++", ".java": "Java", ".rs": "Rust"}
# A gcc that logs what it is called with, has its own version, and does something after it has compiled.
SHIM = """#!/bin/sh
case "$*" in
*--version*) echo {version}; exit;;
*" -o "*) echo built >> {log};;
esac
{gcc} "$@" || exit
case "$*" in *" -o "*) {after};; esac
"""
needs_gcc = pytest.mark.skipif(bool(language_named("C").missing), reason="gcc is not here")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder of the builds of a test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "gradproof" / "built"


def written(path, text):
    """A file with this text, in a folder that is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def printed(path):
    """What a source file prints."""
    command = command_for(language_named(LANGUAGES[path.suffix]), path)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("name", CHANGES)
def test_no_build_of_former_content_is_used(tmp_path, name):
    source, text, part, before, after = CHANGES[name]
    path = tmp_path / "source" / source
    if why := language_named(LANGUAGES[path.suffix]).missing:
        pytest.skip(why)
    written(path, text.format(folder=path.parent) if text is ASM else text)
    if before is not None:
        written(path.parent / part, before)
    assert printed(path) == "1"
    written(path.parent / part, after)
    assert printed(path) == "2"


@pytest.fixture
def shim(tmp_path, monkeypatch):
    """Puts a gcc of this version first on the path; what it does after a build is a command."""
    gcc, folder, log = shutil.which("gcc"), tmp_path / "bin", written(tmp_path / "log", "")
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def put(version, after=":"):
        written(folder / "gcc", SHIM.format(version=version, gcc=gcc, after=after, log=log)).chmod(0o755)
        os.utime(folder / "gcc", (1e9, 1e9))
        return log

    return put


def builds(log):
    """How often something was built."""
    return log.read_text(encoding="utf-8").count("built")


@needs_gcc
def test_the_same_content_is_built_once_by_each_compiler(tmp_path, shim):
    log = shim("1.0")
    path = written(tmp_path / "source" / "net.c", C.format('"k.h"'))
    written(path.parent / "k.h", "#define K 1\n")
    assert [printed(path) for _ in range(3)] == ["1"] * 3
    assert builds(log) == 1
    shim("2.0")  # a file of the same size and time
    assert printed(path) == "1"
    assert builds(log) == 2


@needs_gcc
def test_a_build_whose_files_change_meanwhile_is_not_used_again(tmp_path, shim, cache):
    path = written(tmp_path / "source" / "net.c", C.format('"k.h"'))
    header = written(path.parent / "k.h", "#define K 1\n")
    log = shim("1.0", f"echo '#define K 2' > {header}")
    assert printed(path) == "1"
    assert [one.name.endswith(UNFINISHED) for one in cache.iterdir()] == [True]
    shim("1.0")
    assert printed(path) == "2"
    assert builds(log) == 2


@needs_gcc
def test_errors_of_a_compiler_leave_no_folder(tmp_path, cache):
    from harness.sandbox.answers import Fault

    path = written(tmp_path / "source" / "net.c", C.format('"missing.h"'))
    with pytest.raises(Fault, match=r"gcc does not compile it: net\.c:2:10: fatal error: missing\.h"):
        printed(path)
    assert [*cache.iterdir()] == []


@pytest.mark.parametrize(("name", "text"), [("net.c", PRINTS_1), ("Net.java", JAVA.replace("sub.K.K", "1"))])
def test_a_neighbour_that_cannot_be_read_is_no_obstacle(tmp_path, monkeypatch, name, text):
    path, read = written(tmp_path / "source" / name, text), Path.read_bytes
    if why := language_named(LANGUAGES[path.suffix]).missing:
        pytest.skip(why)
    other = written(path.with_stem("Other"), "")

    def refuse(one):
        if one == other:
            raise PermissionError(13, "Permission denied")
        return read(one)

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read every file
    assert printed(path) == "1"


@pytest.mark.skipif(bool(language_named("Java").missing), reason="javac is not here")
def test_in_a_folder_of_too_many_files_each_start_builds(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.sandbox.host.building.digest.MOST_ENTRIES", 1)
    path = written(tmp_path / "source" / "Net.java", JAVA)
    other = written(path.parent / "sub" / "K.java", "package sub; public class K { public static int K = 1; }\n")
    assert printed(path) == "1"
    written(other, "package sub; public class K { public static int K = 2; }\n")
    assert printed(path) == "2"


def test_a_relative_cache_folder_is_ignored(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("relative", "", "./cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", name)
        assert built_folders.cache_folder() == tmp_path / ".cache" / "gradproof" / "built"


def aged(folder, days):
    """A folder with a file, which was used so many days ago."""
    written(folder / "program", "")
    os.utime(folder, (time.time() - days * DAY,) * 2)
    return folder


def test_old_folders_are_removed_and_no_others(tmp_path):
    days = {"net-1": 31, "tmp5jq": 31, f"a{UNFINISHED}": 31, f"b{UNFINISHED}": 2, "net-2": 29, f"c{UNFINISHED}": 0.9}
    for name, age in days.items():
        aged(tmp_path / name, age)
    built_folders.remove_old(tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {"net-2", f"c{UNFINISHED}"}


def test_a_folder_in_use_is_not_removed(tmp_path):
    folder = aged(tmp_path / "net-1", 31)
    assert built_folders.use(folder)
    assert time.time() - folder.stat().st_mtime < DAY
    os.utime(folder, (0, 0))
    built_folders.remove_old(tmp_path)
    assert folder.exists()  # this process holds its lock
    assert not built_folders.use(tmp_path / "none")


@needs_gcc
def test_a_build_removes_old_ones(tmp_path, cache):
    old = aged(cache / "net-1", 31)
    path = written(tmp_path / "source" / "net.c", PRINTS_1)
    assert printed(path) == "1"
    assert not old.exists()
    [built] = cache.iterdir()
    assert built.name.startswith("net-")
