"""Starts a PostgreSQL server of the tests' own on loopback, and stops it."""

import glob
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OWNER = "owner"


@dataclass(frozen=True)
class Server:
    """A server on loopback whose roles all have one password."""

    port: int
    password: str

    def url(self, role, password=None):
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/postgres"

    def execute(self, *statements, role=OWNER):
        """Run statements one by one, and return the rows of the last."""
        import psycopg

        with psycopg.connect(self.url(role), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def programs():
    """The folder of Debian's newest server programs, or of those on the path; None without any."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda p: int(p.split("/")[4]))
    first = found[-1] if found else shutil.which("initdb")
    return Path(first).parent if first else None


@contextmanager
def server():
    """Yield a server; it does not run as root, since PostgreSQL refuses that."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    password = secrets.token_hex(8)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = folder / "password"
    told.write_text(password)
    as_user = []
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
        shutil.chown(told, "postgres")
    data = folder / "data"

    def run(program, *arguments):
        command = [*as_user, str(programs() / program), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=60)

    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories='' -c fsync=off"
    try:
        run("initdb", "-D", str(data), "-U", OWNER, "--auth=scram-sha-256", f"--pwfile={told}", "--no-sync",
            "-E", "UTF8", "--locale=C")  # fmt: skip
        run("pg_ctl", "start", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options)
        try:
            yield Server(port, password)
        finally:
            run("pg_ctl", "stop", "-D", str(data), "-m", "immediate")
    finally:
        shutil.rmtree(folder)
