"""What a file may name lies in its project, and what is written stays in its folder."""

import pytest
from click.testing import CliRunner
from history_files import EVENTS
from written import DEALS, SCENARIO, write

from simulator.cli import main
from simulator.errors import InputError
from simulator.loading import LoadError, load
from simulator.loading.history import read_history
from simulator.loading.places import project_of
from simulator.loading.refit import recipe_of

LEARNED = "version: 1\nas_of: 2026-10-31\ncurrency: EUR\nscenario: {}\n"
OUTSIDE = {
    "up": "../secret/SECRET",
    "up and down": "below/../../secret/SECRET",
    "absolute": "{folder}/secret/SECRET",
    "a link": "link/SECRET",
    "a linked file": "linked",
    "another drive": "C:\\secret\\SECRET",
    "this drive": "C:SECRET",
    "a root": "\\secret\\SECRET",
    "a server": "\\\\server\\share\\SECRET",
    "a server, slashes": "//server/share/SECRET",
    "a device": "/dev/zero",
    "a linked device": "zero",
    "a process": "/proc/self/environ",
    "home": "/root/../root/SECRET",
}
NAMED = {
    "data.deals": ("{deals: deals.csv}", "{deals: NAME}", "deals.csv"),
    "data.invoices": ("{deals: deals.csv}", "{deals: deals.csv, invoices: NAME}", "invoices.csv"),
    "data.plan": ("{deals: deals.csv}", "{deals: deals.csv, plan: NAME}", "plan.csv"),
    "cash.outflows": ("segments:", "cash: {opening_balance: 1, outflows: NAME}\nsegments:", "outflows.csv"),
    "extends": ("name: small", "extends: NAME", "base.yaml"),
    "learned": ("name: small", "learned: NAME", "learned.yaml"),
    "compare_with.0": ("name: small", "compare_with: [NAME]", "other.yaml"),
}
CONTENT = {
    "deals.csv": DEALS,
    "invoices.csv": "id,deal,amount,invoice_date,due_date,paid_date\n",
    "plan.csv": "month,series,segment,amount\n2026-11,bookings,,5\n",
    "outflows.csv": "label,from,every,amount\nrent,2026-11-30,1m,40\n",
    "base.yaml": "description: a base\n",
    "learned.yaml": LEARNED,
    "other.yaml": SCENARIO.replace("deals.csv", "../inside/deals.csv"),
}


@pytest.fixture
def inside(tmp_path):
    """A scenario's folder with links out of it, beside one that is nobody's business."""
    home, secret = tmp_path / "inside", tmp_path / "secret"
    (home / "below").mkdir(parents=True)
    secret.mkdir()
    for name, content in CONTENT.items():
        (secret / name).write_text(content)
    (home / "link").symlink_to(secret)
    (home / "zero").symlink_to("/dev/zero")
    return home


def named(folder, key, way):
    """Write a scenario that names a file outside, and return its path."""
    was, now, file = NAMED[key]
    name = OUTSIDE[way].format(folder=folder.parent).replace("SECRET", file)
    if way == "a linked file":
        (folder / name).symlink_to(folder.parent / "secret" / file)
    return write(folder, SCENARIO.replace(was, now.replace("NAME", f"'{name}'"), 1))


@pytest.mark.parametrize("way", OUTSIDE)
@pytest.mark.parametrize("key", NAMED)
def test_nothing_is_read_outside_the_project(inside, key, way):
    with pytest.raises(LoadError) as caught:
        load(named(inside, key, way))
    (problem,) = caught.value.every
    assert (problem.code, problem.column, problem.file) == ("S072", key, "small.yaml")
    assert problem.line and "--allow-outside" in problem.remedy and caught.value.exit_code == 3


@pytest.mark.parametrize("way", ["up", "absolute", "a link", "a linked file"])
@pytest.mark.parametrize("key", NAMED)
def test_a_person_may_allow_it(inside, key, way):
    assert load(named(inside, key, way), allow_outside=True)


@pytest.mark.parametrize("way", ["a device", "a linked device"])
def test_a_device_is_no_file_even_then(inside, way):
    with pytest.raises(LoadError) as caught:
        load(named(inside, "data.deals", way), allow_outside=True)
    assert caught.value.every[0].code == "S015"


@pytest.mark.parametrize("name", ["x" * 300, "a\\x00b", "\\x2e\\x2e/secret/deals.csv"])
def test_no_name_breaks_it(inside, name):
    with pytest.raises(LoadError) as caught:
        load(write(inside, SCENARIO.replace("{deals: deals.csv}", f'{{deals: "{name}"}}')))
    assert caught.value.every[0].code in ("S015", "S072")


def test_a_project_is_marked_by_its_top_folder(inside):
    top, path = inside.parent, named(inside, "data.deals", "up")
    assert project_of(path).roots == (inside,)
    (top / "simulator.toml").write_text("")
    assert project_of(path).roots == (top,) == project_of(inside).roots
    assert len(load(path).pipeline) == 2
    (top / "simulator.toml").unlink()
    (top / ".git").write_text("gitdir: elsewhere\n")  # as in a worktree
    assert project_of(path).roots == (top,)
    (inside / "simulator.toml").write_text("")  # the nearest one counts
    assert project_of(path).roots == (inside,)


def test_a_scenario_that_is_a_link_belongs_where_it_lies(inside):
    (inside.parent / "other").mkdir()
    link = inside.parent / "other" / "small.yaml"
    link.symlink_to(write(inside))
    assert project_of(link).roots == (inside,)


def test_what_a_person_types_may_lie_anywhere(inside):
    path, secret = write(inside), inside.parent / "secret"
    assert load(path, sets=[f"data.deals={secret / 'deals.csv'}"])
    assert recipe_of(path, [f"data.history=[{secret / 'deals.csv'}]"]).files == (secret / "deals.csv",)
    (inside / "--set base.yaml").write_text(f"data: {{deals: {secret / 'deals.csv'}}}\n")
    lying = "extends: '--set base.yaml'\n" + SCENARIO.replace("data: {deals: deals.csv}\n", "")
    with pytest.raises(LoadError, match="S072"):
        load(write(inside, lying))


@pytest.mark.parametrize("name", ["../secret/deals.csv", "linked.csv", "/etc/passwd"])
@pytest.mark.parametrize("where", ["scenario", "files", "map", "base"])
def test_refit_reads_nothing_outside_either(inside, where, name):
    (inside / "linked.csv").symlink_to(inside.parent / "secret" / "deals.csv")
    scenario = SCENARIO
    if where == "scenario":
        scenario = SCENARIO.replace("deals.csv}", f"deals.csv, history: [{name}]}}")
    else:
        recorded = {"files": ["deals.csv"], "map": None, "base": None}
        recorded[where] = [name] if where == "files" else name
        (inside / "learned.yaml").write_text(f"{LEARNED}history: {recorded}\n".replace("None", "null"))
        scenario = SCENARIO.replace("name: small", "learned: learned.yaml")
    path = write(inside, scenario)
    with pytest.raises(LoadError) as caught:
        recipe_of(path)
    assert {problem.code for problem in caught.value.every} == {"S072"}
    assert recipe_of(path, allow_outside=True)


def test_refit_takes_what_a_person_types_in_the_place_of_a_table(inside):
    (inside / "learned.yaml").write_text(f"{LEARNED}history: {{files: [deals.csv]}}\n")
    path = write(inside, SCENARIO.replace("name: small", "learned: learned.yaml"))
    newer = inside.parent / "secret" / "deals.csv"
    assert recipe_of(path, [f"data.deals={newer}"]).files == (newer,)


@pytest.mark.parametrize("key", ["draws", "track_record"])
@pytest.mark.parametrize("name", ["../secret/x", "/etc/passwd", "..", "C:x", "a\\b", "linked"])
def test_what_was_learned_has_its_files_beside_it(inside, key, name):
    (inside / "linked").symlink_to("/dev/zero")
    (inside / "learned.yaml").write_text(f"{LEARNED}{key}: '{name}'\n")
    with pytest.raises(LoadError) as caught:
        load(write(inside, SCENARIO.replace("name: small", "learned: learned.yaml")))
    assert caught.value.every[0].code == "S070"


def test_a_link_in_a_folder_of_a_history_leads_nowhere(tmp_path):
    (tmp_path / "events.csv").write_text(EVENTS)
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "events.csv").symlink_to(tmp_path / "events.csv")
    with pytest.raises(InputError) as caught:
        read_history([folder])
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, caught.value.exit_code) == ("H072", "events.csv", 4)
    assert len(read_history([folder], allow_outside=True).deals) == 3
    assert len(read_history([folder / "events.csv"]).deals) == 3, "named by a person"
    (tmp_path / "simulator.toml").touch()
    assert len(read_history([folder]).deals) == 3


def test_commands_know_the_option(inside):
    path = named(inside, "data.deals", "up")
    for options, code in (((), 3), (("--allow-outside",), 0)):
        done = CliRunner().invoke(main, ["show", str(path), *options])
        assert done.exit_code == code, done.stderr
        assert ("S072" in done.stderr) == (code == 3)
