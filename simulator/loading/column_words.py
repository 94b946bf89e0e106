"""What our columns are called in German and Russian, letters and digits only, as people title them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.loading.history_frame import Kind

_CUSTOMER: Final = (
    "kunde kundenname firma auftraggeber клиент заказчик контрагент компания покупатель клиенткомпания"
)
_AMOUNT: Final = "betrag betragineur betrageur wert volumen сумма суммаруб суммаврублях стоимость"
_CURRENCY: Final = "währung валюта"
_DEAL: Final = (
    "vorgangsnummer vorgangsnr vorgang chancennummer dealnr dealnummer nummer nr"
    " номерсделки idсделки сделка номер"
)
_EXPECTED: Final = (
    "abschlussgeplant geplanterabschluss abschlusserwartet erwarteterabschluss erwartetesabschlussdatum"
    " плановаядата плановаядатазакрытия ожидаемаядатазакрытия планируемаядатазакрытия"
    " предполагаемаядатазакрытия"
)
ABROAD: Final[Mapping[Kind, Mapping[str, str]]] = {
    "events": {
        "deal": _DEAL,
        "stage": "phase verkaufsphase vertriebsphase stufe этап этапсделки стадия",
        "entered_at": "erreichtam phaseseit geändertam датаперехода датаизменения",
        "amount": _AMOUNT,
        "expected_close": _EXPECTED,
    },
    "deals": {
        "id": _DEAL,
        "customer": _CUSTOMER,
        "stage": "phase verkaufsphase vertriebsphase stufe этап этапсделки стадия стадиясделки статус",
        "amount": f"auftragswert angebotswert {_AMOUNT} суммасделки бюджет",
        "currency": _CURRENCY,
        "created": "angelegtam angelegt erstelltam erstellt anlagedatum erstellungsdatum"
        " создана создан датасоздания",
        "entered_stage": "phaseseit inphaseseit вэтапес этапс датапереходавэтап",
        "expected_close": _EXPECTED,
        "probability": "wahrscheinlichkeit abschlusswahrscheinlichkeit вероятность",
        "closed": "abgeschlossenam abgeschlossen abschlussdatum geschlossenam закрыта закрыт датазакрытия",
        "outcome": "ergebnis результат",
        "lost_reason": "verlustgrund ablehnungsgrund причинаотказа причинапроигрыша",
        "owner": "verantwortlich verantwortlicher vertriebsmitarbeiter ответственный менеджер",
    },
    "invoices": {
        "id": "rechnungsnummer rechnungsnr rechnung belegnummer belegnr"
        " номерсчета номерсчёта счет счёт номер",
        "customer": _CUSTOMER,
        "amount": f"rechnungsbetrag bruttobetrag gesamtbetrag brutto суммасчета суммасчёта {_AMOUNT}",
        "currency": _CURRENCY,
        "invoice_date": "rechnungsdatum belegdatum датасчета датасчёта датавыставления",
        "due_date": "fälligam fällig fälligkeit fälligkeitsdatum zahlbarbis срокоплаты оплатитьдо",
        "open_amount": "offen offenerbetrag offenerpostenbetrag restbetrag nochoffen rest saldo"
        " остаток остатоккоплате остатокдолга долг задолженность кдоплате неоплачено",
        "paid_amount": "bezahlt bezahlterbetrag gezahlt gezahlterbetrag оплачено оплаченнаясумма суммаоплаты",
        "paid_date": "bezahltam bezahlt zahlungsdatum zahlungseingang датаоплаты оплачен оплачено",
    },
}
"""By kind of file; all of them are vague, as the dates below some of them have to show."""
