"""Answers the command `simulator` in copies of a process that has run once: for pages of many commands."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from tempfile import TemporaryDirectory

from click.testing import CliRunner
from conftest import ROOT

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({door!r})
    asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(asked).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(asked)
    sys.exit(int(server.makefile().read() or 70))
"""
"""The command: hands over its words, place, environment and streams, and ends with the copy's exit code."""


@contextlib.contextmanager
def served(folder):
    """Write `simulator` into a folder for the PATH; what it is asked is answered until the end."""
    door, program = folder / "door", folder / "simulator"
    program.write_text(CLIENT.format(python=sys.executable, door=str(door)))
    program.chmod(0o755)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    server = subprocess.Popen([sys.executable, __file__, door], stdout=subprocess.PIPE, env=environment)
    try:
        assert server.stdout.read(1) == b"!", "the server did not start"
        yield
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def main(door):
    """Serve at a socket; all is imported that commands need, and what a run imports late."""
    from simulator.cli import COMMANDS
    from simulator.cli import main as command

    for name in COMMANDS:
        command.get_command(None, name)
    with TemporaryDirectory() as folder:
        once = ("run", str(ROOT / "scenarios" / "article-2010.yaml"), "--trials", "100", "--out", folder)
        assert CliRunner().invoke(command, once).exit_code == 0
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(door)
        server.listen()
        os.write(1, b"!")
        while True:
            client, _ = server.accept()
            if os.fork() == 0:
                answer(client, command)
            client.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def answer(client, command):
    """Be the command, and end."""
    size, streams, *_ = socket.recv_fds(client, 4, 3)
    words, place, environment = json.loads(client.makefile("rb").read(int.from_bytes(size, "big")))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = map(os.fdopen, range(3), "rww")
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    code = 1
    try:
        command(words, prog_name="simulator")
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    client.sendall(str(code or 0).encode())
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
