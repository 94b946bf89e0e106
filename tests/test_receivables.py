import pytest

from simulator.receivables import UNPAID, Receivables

COLUMNS = {
    "id": ["I1", "I2", "I3", "I4", "I5"],
    "deal": ["D1", "", "D1", "D2", "D2"],
    "customer": ["Acme", "Acme", "Bolt", "Bolt", "Cole"],
    "class_index": [0, 0, 1, 1, 0],
    "amount_minor": [10_000, 20_000, 5_000, 700, 40],
    "currency_index": [0, 1, 0, 0, 0],
    "invoice_day": [-40, -20, 0, -90, 3],
    "due_day": [-10, 10, 30, -60, 33],
    "paid_day": [UNPAID, 4, UNPAID, 0, UNPAID],
    "tax_minor": [0, 3_000, 0, 0, 0],
    "disputed": [False, False, True, False, False],
    "class_names": ("default", "Gold"),
    "currencies": ("EUR", "USD"),
}


def table(**changed):
    return Receivables(**{**COLUMNS, **changed})


def test_open_is_what_is_not_known_to_be_paid():
    # I2 is paid after t0, I4 on the as-of day itself; I5 is not yet written.
    assert table().open.tolist() == [True, True, True, False, False]


def test_rows():
    receivables = table()
    row = receivables[2]
    assert (row.id, row.customer_class, row.currency) == ("I3", "Gold", "EUR")
    assert (row.amount_minor, row.paid_day) == (5000, None)
    assert receivables[3].paid_day == 0


def test_an_empty_table():
    empty = Receivables.empty()
    assert len(empty) == 0 and empty.open.tolist() == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": ["I1", "I2", "I1", "I4", "I5"]}, "twice"),
        ({"due_day": [1, 2]}, "due_day"),
        ({"class_index": [0, 0, 2, 1, 0]}, "class_index"),
        ({"currency_index": [0, -1, 0, 0, 0]}, "currency_index"),
        ({"currencies": ()}, "currency_index"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        table(**changed)


def test_columns_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        table().amount_minor[0] = 1
