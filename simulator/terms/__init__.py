"""Payment terms: read as people write them, repeated over a contract, turned into dates."""

from simulator.terms.dates import (
    ROLLS,
    Dates,
    Roll,
    add_months,
    due_dates,
    invoice_dates,
    roll_dates,
)
from simulator.terms.grammar import TermsError, parse_terms
from simulator.terms.schedule import (
    DEFAULT_SERVICE_MONTHS,
    EVENTS,
    NET_30,
    Discount,
    DueRule,
    Event,
    Installment,
    PaymentTerms,
    Recurrence,
    tightened,
)

__all__ = [
    "DEFAULT_SERVICE_MONTHS",
    "EVENTS",
    "NET_30",
    "ROLLS",
    "Dates",
    "Discount",
    "DueRule",
    "Event",
    "Installment",
    "PaymentTerms",
    "Recurrence",
    "Roll",
    "TermsError",
    "add_months",
    "due_dates",
    "invoice_dates",
    "parse_terms",
    "roll_dates",
    "tightened",
]
