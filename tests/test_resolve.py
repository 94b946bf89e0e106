"""Files that extend one another, and single figures set from outside: what holds, and where it came from."""

import pytest
from written import SCENARIO, loaded, problems, write

from simulator.errors import InputError
from simulator.loading import load
from simulator.loading.places import project_of
from simulator.loading.yaml import parse_value, parse_yaml, read_yaml
from simulator.scenario import resolve as resolving
from simulator.scenario.resolve import resolve
from simulator.scenario.settings import EVERY, SettingError, apply_settings, parse_setting
from simulator.scenario.tree import dotted


def merged(folder, *, sets=(), as_of=None, **files):
    for name, text in files.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    return resolve(
        folder / f"{next(iter(files))}.yaml", read_yaml, project_of(folder).path, parse_value, sets, as_of
    )[0]


def body(tree):
    return {k: v for k, v in tree.data.items() if k not in ("version", "name")}


def test_mappings_merge_lists_and_scalars_replace_null_removes(tmp_path):
    tree = merged(
        tmp_path,
        top="extends: base.yaml\na: {x: 1, y: ~, z: {p: 2}}\nlist: [3]\nscalar: {now: mapping}\ngone: null\n",
        base="a: {x: 0, y: 5, z: {p: 0, q: 9}, w: 4}\nlist: [1, 2]\nscalar: 1\ngone: {deep: 1}\nkept: yes\n",
    )
    assert body(tree) == {
        "a": {"x": 1, "z": {"p": 2, "q": 9}, "w": 4},
        "list": [3],
        "scalar": {"now": "mapping"},
        "kept": "yes",
    }


def test_the_order_of_names_is_the_bases(tmp_path):
    tree = merged(tmp_path, top="extends: base.yaml\ns: {c: 1, a: 1}\n", base="s: {a: 0, b: 0}\n")
    assert list(tree.data["s"]) == ["a", "b", "c"]


def test_chains_and_places(tmp_path):
    tree = merged(
        tmp_path,
        one="extends: sub/two.yaml\na: 1\n",
        **{"sub/two": "extends: three.yaml\nb: 2\n\nc: 2\n", "sub/three": "a: 3\nb: 3\nc: 3\nd: {e: 3}\n"},
    )
    assert body(tree) == {"a": 1, "b": 2, "c": 2, "d": {"e": 3}}
    where = {keys[0]: (place.file, place.line) for keys, place in tree.places.items() if len(keys) == 1}
    assert where["a"] == ("one.yaml", 2)
    assert where["b"] == ("two.yaml", 2)
    assert where["c"] == ("two.yaml", 4)
    assert where["d"] == ("three.yaml", 4)
    assert tree.place(("d", "e")).folder.endswith("sub")


def test_a_name_is_not_inherited(tmp_path):
    assert merged(tmp_path, top="extends: base.yaml\n", base="name: base\n").data["name"] == "top"
    assert (
        merged(tmp_path, top="extends: base.yaml\nname: mine\n", base="name: base\n").data["name"] == "mine"
    )


@pytest.mark.parametrize(
    "files", [{"a": "extends: a.yaml"}, {"a": "extends: ./b.yaml", "b": "extends: ../x/a.yaml"}]
)
def test_circles_are_refused(tmp_path, files):
    folder = tmp_path / "x"
    folder.mkdir()
    with pytest.raises(InputError, match="extends itself"):
        merged(folder, **files)


def test_a_base_that_is_not_there_is_told_with_its_line(tmp_path):
    with pytest.raises(InputError) as caught:
        merged(tmp_path, a="x: 1\nextends: nowhere.yaml\n")
    problem = caught.value.problems[0]
    assert (problem.code, problem.line, problem.value) == ("S015", 2, "nowhere.yaml")


def test_paths_count_from_the_file_that_states_them(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    write(inner)
    top = tmp_path / "top.yaml"
    top.write_text("extends: inner/small.yaml\nhorizon: 6m\n")
    assert len(load(top).pipeline) == 2
    top.write_text("extends: inner/small.yaml\ndata: {deals: deals.csv}\n")
    with pytest.raises(InputError, match="no file"):
        load(top)


def test_older_versions_are_migrated_with_a_notice(tmp_path, monkeypatch):
    def renamed(data):
        return {("horizon" if key == "length" else key): value for key, value in data.items()}

    monkeypatch.setattr(resolving, "MIGRATIONS", {0: renamed})
    scenario = loaded(tmp_path, SCENARIO.replace("version: 1", "version: 0").replace("horizon", "length"))
    assert scenario.horizon.last_day == 365
    assert [text for code, text, _ in scenario.notes if code == "W008"] == [
        "small.yaml is of version 0; it was read as version 1"
    ]


# ---- --set


@pytest.mark.parametrize(
    ("text", "path", "operator", "value"),
    [
        ("a=1", ("a",), "=", 1),
        ('s.a."Need established".close=0.2', ("s", "a", "Need established", "close"), "=", 0.2),
        ("a.'b.c = d'.e+=2", ("a", "b.c = d", "e"), "+=", 2),
        ('a."say \\"x\\"".b*=1.1', ("a", 'say "x"', "b"), "*=", 1.1),
        ("segments.*.worth=exact", ("segments", EVERY, "worth"), "=", "exact"),
        ("a.**=2", ("a", EVERY), "*=", 2),
        ("*.b=~", (EVERY, "b"), "=", None),
        ("a b.c = {x: [1, two]}", ("a b", "c"), "=", {"x": [1, "two"]}),
        ("a.mid-market=a=b", ("a", "mid-market"), "=", "a=b"),
        ("a=", ("a",), "=", None),
    ],
)  # fmt: skip
def test_settings_are_read(text, path, operator, value):
    setting = parse_setting(text, parse_value)
    assert (setting.path, setting.operator, setting.value) == (path, operator, value)


@pytest.mark.parametrize(
    "text", ["", "a", "=1", "a.=1", ".a=1", "a..b=1", 'a."b=1', "a-=1", "a=[1", "a=&x 1", "a=*x", "a=!t 1"]
)
def test_what_is_no_setting_is_refused(text):
    with pytest.raises(SettingError) as caught:
        parse_setting(text, parse_value)
    assert caught.value.problem.code == "S017"
    assert caught.value.problem.value == text


def applied(text, *settings):
    tree, found = apply_settings(
        parse_yaml(text, "x.yaml"), [parse_setting(s, parse_value) for s in settings], "."
    )
    assert not found, found
    return tree


@pytest.mark.parametrize(
    ("setting", "result"),
    [
        ("n+=1", 11),
        ("n*=1.5", 15),
        ("money*=1.1", 275000),
        ("money+=50k", 300000),
        ("big*=0.5", 3_000_000),
        ("percent*=0.5", 0.3),
        ("percent+=0.05", 0.65),
        ("days*=2", "180d"),
        ("days+=10d", "100d"),
        ("months+=6m", "24m"),
        ("f+=0.2", 0.3),
    ],
)
def test_operators_keep_units_and_lose_no_digits(setting, result):
    text = "n: 10\nmoney: 250k\nbig: 6M\npercent: 60%\ndays: 90d\nmonths: 18m\nf: 0.1\n"
    assert applied(text, setting).at((setting.split("+")[0].split("*")[0],)) == result


@pytest.mark.parametrize("setting", ["t*=2", "m*=2", "none+=1", "days+=10", "days*=2d", "l+=1", "n+=x"])
def test_operators_need_numbers(setting):
    tree = parse_yaml("t: text\nm: {a: 1}\ndays: 90d\nl: [1]\nn: 1\n", "x")
    _, found = apply_settings(tree, [parse_setting(setting, parse_value)], ".")
    assert [p.code for p in found] == ["S019"]


def test_a_star_means_all_but_the_source():
    text = "s: {source: me, a: {x: 1}, b: {x: 2}, c: {}}\n"
    assert applied(text, "s.*.x=5").data["s"] == {"source": "me", "a": {"x": 5}, "b": {"x": 5}, "c": {"x": 5}}
    assert applied("l: [{x: 1}, {x: 2}]", "l.*.x*=3").data == {"l": [{"x": 3}, {"x": 6}]}
    assert applied("l: [{x: 1}, {x: 2}]", "l.1.x=7").data == {"l": [{"x": 1}, {"x": 7}]}


def test_settings_merge_make_remove_and_follow_one_another():
    text = "a: {x: 1, y: 2}\n"
    assert applied(text, "a={y: 3, z: 4}").data == {"a": {"x": 1, "y": 3, "z": 4}}
    assert applied(text, "a.x=null").data == {"a": {"y": 2}}
    assert applied(text, "b.c.d=1", "b.c.d+=1").data == {"a": {"x": 1, "y": 2}, "b": {"c": {"d": 2}}}
    assert applied(text, "a={y: ~}").data == {"a": {"x": 1}}


@pytest.mark.parametrize("setting", ["a.x.y=1", "*.q.*=1", "l.7=1", "l.x=1"])
def test_a_path_must_lead_somewhere(setting):
    tree = parse_yaml("a: {x: 1}\nl: [1]\n", "x")
    _, found = apply_settings(tree, [parse_setting(setting, parse_value)], ".")
    assert [p.code for p in found] == ["S018"]


def test_what_was_set_says_so(tmp_path):
    scenario = loaded(tmp_path, sets=["segments.smb.worth=50"])
    figures = {a.path: a for a in scenario.assumptions}
    assert figures["segments.smb.worth"].source == "--set"
    assert figures["segments.smb.worth"].value == "50"
    found = problems(tmp_path, sets=["segments.smb.worth=1"])
    assert found[0].file == "--set segments.smb.worth=1"


def test_all_settings_are_checked_at_once(tmp_path):
    found = problems(tmp_path, sets=["a", "segments.*.cycle.median*=2", "targets.*.amount=1"])
    assert [p.code for p in found] == ["S017", "S019", "S018"]


def test_set_wins_over_files_and_as_of_over_set(tmp_path):
    from datetime import date

    scenario = loaded(tmp_path, sets=["as_of=2026-09-30"], as_of=date(2026, 8, 31))
    assert scenario.horizon.as_of == date(2026, 8, 31)
    assert loaded(tmp_path, sets=["as_of=2026-09-30"]).horizon.as_of == date(2026, 9, 30)


def test_paths_are_written_as_they_are_read():
    for keys in [("a", "b c"), ("a.b", 'q"uote'), ("x*", "y=z", "back\\slash"), ("mid-market", "close")]:
        setting = parse_setting(dotted(keys) + "=1", parse_value)
        assert setting.path == keys
