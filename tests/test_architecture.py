"""Holds the floors: a module imports only what lies below it, draws only keyed numbers, stays readable."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "simulator"
BUILDING = (
    "records errors masking spelling refusals versions executors cluster fiscal periods streams money",
    "distributions clock scores hit_rates words roots",
    "funnel amounts deals products terms payments receivables market arrivals currency targets"
    " history posterior close_dates renewals offers cash figures payment_days",
    "scenario",
    "forecast",
    "loading engine expected runs",
    "simulation self_check played landings",
    "analysis learning",
    "backtest",
    "report",
    "cli",
)
FLOORS = {name: floor for floor, names in enumerate(BUILDING) for name in names.split()}
APART = (5, 7)  # floors whose families know nothing of each other
ROOT = ("simulator", "simulator.__main__")
LINES_OF_A_MODULE, LINES_OF_A_FUNCTION = 400, 60


def test_the_package_keeps_the_rules():
    assert list(PACKAGE.rglob("*.py")), "nothing was looked at"
    assert violations(PACKAGE) == []


# ---- the rules


def violations(package):
    """List what breaks the rules, as `module:line what`."""
    paths = {}
    for path in sorted(package.rglob("*.py")):
        parts = ("simulator", *path.relative_to(package).with_suffix("").parts)
        paths[".".join(parts).removesuffix(".__init__")] = path
    found, graph = [], {}
    for module, path in paths.items():
        tree, length = ast.parse(path.read_text("utf-8")), len(path.read_text("utf-8").splitlines())
        imports = [pair for node in ast.walk(tree) for pair in imported(node, module, paths)]
        graph[module] = {name for _, name in imports if name in paths} - {module, *ROOT}
        faults = [*draws(tree), *long_functions(tree)]
        if length > LINES_OF_A_MODULE:
            faults.append((1, f"{length} lines in one module"))
        if module not in ROOT:
            faults += [(line, fault) for line, name in imports if (fault := trespass(module, name))]
            if family(module) not in FLOORS:
                faults.append((1, "has no floor: give it one in tests/test_architecture.py"))
        found += [f"{module}:{line} {fault}" for line, fault in faults]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("import cycle: " + " → ".join(error.args[1]))
    return found


def imported(node, module, paths):
    """Yield (line, full name) for each import of ours; `simulator.` is its top itself."""
    if isinstance(node, ast.Import):
        yield from ((node.lineno, "simulator.") for a in node.names if a.name.split(".")[0] == "simulator")
    if not isinstance(node, ast.ImportFrom):
        return
    base = node.module or ""
    if node.level:
        package = module.split(".") if paths[module].name == "__init__.py" else module.split(".")[:-1]
        base = ".".join([*package[: len(package) - node.level + 1], *base.split(".")]).rstrip(".")
    if base.split(".")[0] != "simulator":
        return
    for alias in node.names:
        inner = f"{base}.{alias.name}"
        if inner == "simulator.__version__":
            continue
        if base == "simulator" and (inner not in paths or not node.level):
            inner = "simulator."
        yield node.lineno, inner if inner in paths or inner == "simulator." else base


def trespass(module, name):
    if name == "simulator.":
        return "imports the package from inside: write `from simulator.module import name`"
    here, there = family(module), family(name)
    if here == there or here not in FLOORS:
        return None
    if there not in FLOORS:
        return f"imports {name}, which has no floor"
    if FLOORS[there] > FLOORS[here]:
        return f"imports upward: {name}"
    if FLOORS[there] == FLOORS[here] and FLOORS[here] in APART:
        return f"imports a sibling family: {name}"
    return None


def family(module):
    return module.split(".")[1]


def draws(tree):
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            names = ["random.rvs"] if node.attr == "rvs" else []
            if node.attr == "random" and ast.unparse(node) in ("np.random", "numpy.random"):
                names.append("numpy.random")
        for name in names:
            if name.split(".")[0] in ("random", "secrets") or name.startswith("numpy.random"):
                yield node.lineno, f"draws unkeyed numbers: {name}"


def long_functions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if length > LINES_OF_A_FUNCTION:
                yield node.lineno, f"{length} lines in function {node.name}"


# ---- the rules can be broken


def function(lines):
    return "def f():\n" + "    x = 1\n" * (lines - 1)


SOUND = {
    "__init__.py": '__version__ = "1"\n\ndef __getattr__(name):\n    from .simulation import simulate\n',
    "__main__.py": "from simulator.cli import main\n",
    "errors.py": "",
    "money.py": "x = 1\n" * 400,
    "streams.py": "from .errors import x\n",
    "deals.py": "from . import errors, streams\n" + function(60),
    "engine/__init__.py": "from .kernel import walk\n",
    "engine/kernel.py": "from simulator.deals import Deal\nfrom . import blocks\nfrom .. import errors\n",
    "engine/blocks.py": "import numpy as np\nfrom random_words import x\nfrom ..streams import uniform\n",
    "expected/__init__.py": "from simulator.deals import Deal\n",
    "simulation.py": "from .engine import kernel\nfrom . import expected\nfrom . import __version__\n",
    "cli/__init__.py": "from simulator.simulation import simulate\nfrom .. import __version__\n",
}
PLANTED = {
    "upward": ("deals.py", "from simulator.engine.kernel import walk", "upward: simulator.engine.kernel"),
    "upward, relative": ("deals.py", "from .cli import main", "upward: simulator.cli"),
    "upward, lazily": ("streams.py", "def f():\n    from . import deals", "upward: simulator.deals"),
    "upward, of a folder": ("engine/blocks.py", "from ..cli import main", "upward: simulator.cli"),
    "upward, to what is not there": ("deals.py", "from .report import figures", "upward: simulator.report"),
    "siblings": ("engine/blocks.py", "from ..expected import mean", "sibling family: simulator.expected"),
    "siblings, of __init__": ("expected/__init__.py", "from ..engine.kernel import walk", "sibling family"),
    "the package": ("deals.py", "import simulator", "imports the package"),
    "the package, deeper": ("cli/__init__.py", "import simulator.deals as d", "imports the package"),
    "from the package": ("cli/__init__.py", "from simulator import simulate", "imports the package"),
    "from the package, a module": ("cli/__init__.py", "from simulator import deals", "imports the package"),
    "from the package, relative": ("cli/__init__.py", "from .. import simulate", "imports the package"),
    "cycle": ("errors.py", "from .streams import uniform", "import cycle"),
    "cycle in a family": ("engine/blocks.py", "from .kernel import walk", "import cycle"),
    "cycle through __init__": ("engine/kernel.py", "from . import walk", "import cycle"),
    "no floor": ("utils.py", "", "simulator.utils:1 has no floor"),
    "no floor, a folder": ("helpers/text.py", "", "simulator.helpers.text:1 has no floor"),
    "imports what has no floor": ("cli/__init__.py", "from ..utils import f", "which has no floor"),
    "module too long": ("money.py", "x = 1", "401 lines in one module"),
    "function too long": ("cli/__init__.py", function(61), "61 lines in function f"),
    "np.random": ("cli/__init__.py", "import numpy as np\nr = np.random.seed(1)", "cli:4 draws unkeyed"),
    "numpy.random": ("engine/blocks.py", "import numpy.random as r", "draws unkeyed"),
    "numpy.random, in streams too": ("streams.py", "from numpy.random import Philox", "draws unkeyed"),
    "from numpy": ("engine/blocks.py", "from numpy import random", "draws unkeyed"),
    "standard library": ("engine/blocks.py", "from random import random", "draws unkeyed"),
    "standard library, in __init__ too": ("__init__.py", "import random", "draws unkeyed"),
    "scipy": ("engine/blocks.py", "x = stats.norm.rvs(3)", "draws unkeyed"),
}


def test_a_sound_package_passes(tmp_path):
    assert violations(build(tmp_path, SOUND)) == []


@pytest.mark.parametrize(("where", "planted", "fault"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(tmp_path, where, planted, fault):
    files = SOUND | {where: SOUND.get(where, "") + planted + "\n"}
    found = violations(build(tmp_path, files))
    assert any(fault in line for line in found), found


def build(folder, files):
    for name, text in files.items():
        path = folder / "simulator" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / "simulator"
