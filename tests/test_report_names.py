"""Reports for forwarding: no name of a customer, a deal or an owner is in them, or no name at all."""

import csv
import json
import re

import pytest
from click.testing import CliRunner
from left import ASSUMPTIONS, QUALITY, deal_rows, folder_of, results
from sample_forecast import sample_forecast

from simulator.cli import main
from simulator.report.editions import EDITIONS
from simulator.report.names import forwarded
from simulator.report.pseudonyms import UNTOLD, Pseudonyms

CUSTOMERS = ("Umbrella Mining", "Hooli & Söhne", "Acme")
PEOPLE = ("Ann Owner", "Bo Rep")
IDS = ("D000", "D001", "X-77")
COMPANYS = ("secret-plan", "Sledgehammers", "Alpha Division", "early bird", "Moonshot target", "export.csv")


def named(**more):
    """What a run left that names everything there is."""
    payload = sample_forecast(
        name="secret-plan", segments=("Alpha Division", "smb"), deals=3, months=6, trials=200
    )
    payload["products"] = {"Sledgehammers": {"totals": {}}}
    payload["offers"] = [{"name": "early bird", "cost": 1.0, "days_earlier": 2.0, "yearly_rate": 0.1}]
    payload["targets"].append(payload["targets"][0] | {"name": "Moonshot target", "until": "2027-06-30"})
    payload["groups"] = {"by": "owner", "rows": [{"group": g} for g in (*PEOPLE, "", "(new)")]}
    payload["warnings"] = [
        {"code": "W019", "text": "2 deals closed, of Acme too (first D001): counted as open", "amount": 1.0},
        {"code": "W024", "text": "column Umbrella Score of deals is not read", "amount": None},
        {"code": "W018", "text": "no Alpha Division deal was created", "amount": None},
    ]
    rows = deal_rows(payload)
    for row, customer in zip(rows, CUSTOMERS, strict=True):
        row["customer"], row["name"] = customer, f"{customer} rollout"
    deal = {"id": "D001", "name": "Acme rollout", "customer": "Acme", "segment": "Alpha Division"}
    explain = {"scenario": "secret-plan", "aim": {"target": "Moonshot target", "segment": "Alpha Division"},
               "swings": {"deals": [deal]}, "concentration": {
                   "customers": [{"name": "Acme", "deals": 2}], "segments": [{"name": "Alpha Division"}],
                   "deals": [deal]},
               "one_at_a_time": {"assumptions": [{"name": "odds", "factors": {"Alpha Division": [1, 2]}}]},
               "terms_priced": {"terms": [{"terms": "as of Sledgehammers", "deals": 2}]}}  # fmt: skip
    paths = [{"path": 'segments."Alpha Division".close_date.slip', "value": "1.2", "origin": "set",
              "source": "a call with Acme"}]  # fmt: skip
    answers = {
        "explain": explain, "quality": QUALITY, "assumptions": ASSUMPTIONS | {"assumptions": paths},
        "compare": {"base": {"name": "secret-plan", "kind": "scenario", "description": "for Acme"},
                    "others": [{"name": "without Acme", "kind": "case", "set": ["deals.D001=lost"]}]},
    }  # fmt: skip
    return results(payload, rows, answers, **more)


@pytest.fixture
def folder(tmp_path):
    """Of a run that names everything, owners and further customers in its inputs alone."""
    folder_of(named(), tmp_path / "run")
    with (tmp_path / "run" / "inputs" / "deals.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["id", "name", "customer", "owner", "amount"], ["X-77", "Old deal", "Globex", PEOPLE[0], "1"]]
        )
    return tmp_path / "run"


def whole(found):
    """Everything that a report could show of what a run left, and those reports that need no simulation."""
    parts = [found.forecast, found.record, found.deals, found.answers, found.handle]
    return json.dumps(parts, ensure_ascii=False)


def told(text, names):
    return [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def test_the_test_would_see_a_name():
    text = whole(named())
    assert len(told(text, (*CUSTOMERS, *PEOPLE, *IDS[:2], *COMPANYS))) == 13


def test_without_names_no_customer_deal_or_owner_is_named(folder):
    text = whole(forwarded(named(), folder, "names"))
    assert not told(text, (*CUSTOMERS, *PEOPLE, "Globex", "rollout"))
    assert len(told(text, (*IDS[:2], *COMPANYS))) == 8, "ids and what is sold stay"
    assert "a call with customer 3" in text and "first D001" in text


def test_anonymous_nothing_keeps_its_name(folder):
    text = whole(forwarded(named(), folder, "all"))
    assert not told(text, (*CUSTOMERS, *PEOPLE, *IDS, *COMPANYS, "Globex", "rollout", "smb", "secret"))
    assert "Umbrella" not in text and "a call with" not in text


@pytest.mark.parametrize("extent", ["names", "all"])
def test_amounts_days_stages_and_the_programs_words_stay(folder, extent):
    before, after = named(), forwarded(named(), folder, extent)
    for key in ("as_of", "trials", "walk", "totals", "periods", "self_check", "headline_period"):
        assert after.forecast[key] == before.forecast[key]
    assert [row["mean"] for row in after.deals] == [row["mean"] for row in before.deals]
    assert [row["stage"] for row in after.deals] == [row["stage"] for row in before.deals]
    assert [t["amount"] for t in after.forecast["targets"]] == [
        t["amount"] for t in before.forecast["targets"]
    ]
    assert [plan["bookings"]["name"] for p in after.forecast["fiscal"] if (plan := p["plan"])]
    assert after.answers["explain"]["one_at_a_time"]["assumptions"][0]["name"] == "odds"


@pytest.mark.parametrize("extent", ["names", "all"])
def test_one_name_stands_for_one_all_through_and_each_time(folder, extent):
    found, again = (forwarded(named(), folder, extent) for _ in range(2))
    assert whole(found) == whole(again)
    of_acme = found.deals[2]["customer"]
    explain = found.answers["explain"]
    assert (
        of_acme
        == explain["concentration"]["customers"][0]["name"]
        == explain["swings"]["deals"][0]["customer"]
    )
    assert len({row["customer"] for row in found.deals}) == 3
    if extent == "all":
        assert explain["swings"]["deals"][0]["id"] == found.deals[1]["id"] != "D001"
        assert set(found.forecast["segments"]) == {row["segment"] for row in found.deals}
        assert found.forecast["headline"][-1].startswith("The target target ")


def test_groups_are_named_by_their_column(folder):
    groups = forwarded(named(), folder, "names").forecast["groups"]["rows"]
    assert [row["group"] for row in groups] == ["owner 1", "owner 2", "", "(new)"]


def test_a_warning_that_quotes_the_company_says_its_rule(folder):
    closed, column, segment = forwarded(named(), folder, "all").forecast["warnings"]
    assert closed["text"] == "2 deals closed, of customer 3 too (first deal 2): counted as open"
    assert column["text"] == "unread column: columns have our names, or are mapped"
    assert re.fullmatch(r"no segment \d deal was created", segment["text"])


def test_a_customer_that_is_a_number_costs_the_sentence_not_the_number():
    names = Pseudonyms(["customer"])
    assert names.of("customer", "17") == "customer 1" and names.of("segment", "17") == UNTOLD
    assert names.text("17 deals were left out") == UNTOLD and names.text("117 deals") == "117 deals"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Acme", "Acme, acme and Acmeville", "customer 1, acme and Acmeville"),
        ("Acme", "of Acme", "of customer 1"),
        ("A-Team (B)", "the A-Team (B) won", "the customer 1 won"),
        ("A\u202eB  C", "the AB C won", "the customer 1 won"),
        ("(x) y", "see (x) y.", "see customer 1."),
        ("Long Name of a Customer", "won by Long Name of…", UNTOLD),
        ("Über", "bei Über", "bei customer 1"),
    ],
)
def test_names_in_sentences_are_found(name, text, said):
    names = Pseudonyms(["customer"])
    names.of("customer", name)
    assert names.text(text) == said


def test_the_longer_of_two_names_is_taken():
    names = Pseudonyms(["customer"])
    for name in ("Acme", "Acme Mining"):
        names.of("customer", name)
    assert names.text("Acme Mining and Acme") == "customer 2 and customer 1"


@pytest.mark.parametrize(("option", "mark"), [("--hide-names", "-no-names"), ("--anonymise", "-anonymous")])
def test_the_command_writes_files_of_their_own(tmp_path, option, mark):
    payload = sample_forecast(deals=3, months=4, trials=200)
    folder_of(results(payload), tmp_path / "run")
    (tmp_path / "run" / "report.html").write_text("the run's own", "utf-8")
    asked = ["report", str(tmp_path / "run"), option, "--format", "html", "--format", "md"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "report.html").read_text("utf-8") == "the run's own"
    for name in (f"report{mark}.html", f"report{mark}.md"):
        assert "Customer 1" not in (text := (tmp_path / "run" / name).read_text("utf-8"))
        assert str(tmp_path / "run" / name) in result.output
        assert ("D001" in text) == (option == "--hide-names")


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--hide-names", "--anonymise"])
def test_no_name_of_a_whole_run_is_in_any_report_of_it(asked_run, tmp_path, option):
    """A run of three segments with all that may be asked of it, in every form that there is."""
    names, ids = set(), set()
    for path in (asked_run / "inputs").rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                names |= {row.get("name"), row.get("customer"), row.get("owner")}
                ids |= {row.get("id"), row.get("deal")}
    names, ids = names - {None, ""}, ids - {None, ""}
    forms = [part for form in EDITIONS for part in ("--format", form)]
    result = CliRunner().invoke(main, ["report", str(asked_run), option, "--out", str(tmp_path), *forms])
    assert result.exit_code == 0, result.output
    files = [path for path in tmp_path.iterdir() if path.suffix in (".html", ".md")]
    assert len(files) == 2 and len(names) > 100 and len(ids) > 500
    hidden = names if option == "--hide-names" else names | ids | {"saas-hardware", "smb", "mid-market"}
    for path in files:
        words = set(re.findall(r"[\w-]+", text := path.read_text("utf-8").replace("\\", "")))
        suspects = [name for name in hidden if set(re.findall(r"[\w-]+", name)) <= words]
        assert not told(text, suspects), path.name


@pytest.fixture(scope="module")
def asked_run(tmp_path_factory):
    """The folder of a run of few trials, of which everything was asked."""
    from conftest import ROOT

    folder = tmp_path_factory.mktemp("asked") / "run"
    for words in (
        f"run {ROOT / 'scenarios' / 'saas-hardware'} --trials 300 --out {folder} -q",
        f"explain {folder} --trials 300 -q",
        f"segments {folder} --trials 300 -q",
    ):
        assert CliRunner().invoke(main, words.split()).exit_code in (0, 1), words
    return folder
