"""Twenty submissions that attack the checker, the others, or the marking. None may get points; each costs its row only.

An attack ends with an error of its own, so that it gets no points whether it works or not: what is tested is that the
rest of the class does not notice. A cheat goes on with right numbers if it works; then it would get all points.
"""

from __future__ import annotations

from made_class.styles import written

OVER = "\nraise RuntimeError('the attack is over')\n"
ATTACKS = {
    "kills_its_parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "kills_everything": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "stops_its_parent": "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)",
    "kills_by_proc": (
        "import os, signal\nfor one in os.listdir('/proc'):\n    if one.isdigit() and int(one) != os.getpid():\n"
        "        os.kill(int(one), signal.SIGKILL)"
    ),
    "hangs": "while True:\n    pass",
    "sleeps": "import time\ntime.sleep(1000)",
    "fork_bomb": "import os\nwhile True:\n    os.fork()",
    "thread_bomb": (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(1000,)).start()"
    ),
    "floods": "import sys\nwhile True:\n    sys.stdout.write('x' * 65536)",
    "eats_memory": "kept = []\nwhile True:\n    kept.append(bytearray(50_000_000))",
    "fills_the_disk": (
        "import tempfile\nwith tempfile.NamedTemporaryFile() as f:\n    while True:\n        f.write(b'x' * 2**20)"
    ),
    "leaves_at_once": "import os\nos._exit(0)",
    "aborts": "import os\nos.abort()",
    "recursion": "import sys\nsys.setrecursionlimit(10**8)\ndef f(n):\n    return f(n + 1)\nf(0)",
    "leaves_a_daemon": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(1000)\n"
        "    os._exit(0)"
    ),
    "answers_early": (
        'import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b\'{"loaded": 0.0, "refusal": null}\\n\')\n'
        "    except OSError:\n        pass"
    ),
}
CHEATS = {
    "opens_a_socket": "import socket\nsocket.socket(socket.AF_UNIX).connect({socket!r})",
    "imports_the_checker": (
        "import sys\nsys.path.insert(0, {clone!r})\nfor one in [one for one in sys.modules if one[:7] == 'harness']:\n"
        "    del sys.modules[one]\nfrom harness.model.textbook import Textbook"
    ),
    "reads_the_others": "import pathlib\nassert any(pathlib.Path({folder!r}).iterdir())",
    "asks_torch": "torch = __import__('to' + 'rch')\ntorch.zeros(1)",
}


def hostile_files(clone: str, folder: str, socket: str) -> dict[str, str]:
    """The text of each file, by the name of its student. `clone` has the checker, `folder` the class, and `socket` is
    the address of a server of the teacher."""
    found = {name: attack + OVER + written("matrix", name) for name, attack in ATTACKS.items()}
    for name, cheat in CHEATS.items():
        found[name] = f"{cheat.format(clone=clone, folder=folder, socket=socket)}\n{written('matrix', name)}"
    return found
