"""Files of text: encodings, delimiters, quotes, headers and rows that do not fit."""

from written import DEALS

from corpus.case import table

HEAD = "id,stage,amount\n"
PLAIN = "id,stage,amount,name\nD1,Proposal,5,Ann\nD2,Contract,7,Bob\n"
WIDE = PLAIN.replace(",", "\t")

TEXTS = [
    # ---- no table at all
    table("no byte", "something", "", "D001: the file is empty"),
    table("blank lines only", "something", "\n\n  \n", "D001: the file is empty"),
    table("a byte order mark only", "something", b"\xef\xbb\xbf", "D001: the file is empty"),
    table("separators only", "something", ",,\n,,\n", "D001: the file is empty"),
    table("a header and no row", "no row is no fault", HEAD, None, ids=""),
    table(
        "a web page", "signatures", "<!DOCTYPE html><table><tr><td>id</td></tr></table>", "D003: a web page"
    ),
    table("XML", "signatures", '<?xml version="1.0"?><deals/>', "D003: a web page"),
    table(
        "an old workbook",
        "signatures",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99,
        "D060: the file is an old Excel workbook",
    ),
    # ---- encodings
    table("UTF-8 with its mark", "byte order mark", b"\xef\xbb\xbf" + PLAIN.encode(), None, ids="D1 D2"),
    table("UTF-16, little end first", "UTF-16", b"\xff\xfe" + WIDE.encode("utf-16-le"), None, ids="D1 D2"),
    table("UTF-16, big end first", "UTF-16", b"\xfe\xff" + WIDE.encode("utf-16-be"), None, ids="D1 D2"),
    table(
        "UTF-16 that ends within a letter",
        "UTF-16 whole",
        b"\xff\xfe" + WIDE.encode("utf-16-le")[:-1],
        "D002:4 begins as UTF-16",
    ),
    table("a NUL byte", "no NUL", PLAIN.replace("Bob", "B\0b"), "D003:3 NUL"),
    table(
        "names in cp1252",
        "cp1252",
        PLAIN.replace("Bob", "Jörg Groß").encode("cp1252"),
        None,
        names="Ann|Jörg Groß",
    ),
    table(
        "names in cp1251",
        "cp1251",
        PLAIN.replace("Bob", "Анна Белова").encode("cp1251"),
        None,
        names="Ann|Анна Белова",
    ),
    table("letters of the whole world", "UTF-8", PLAIN.replace("Bob", "Ωß山🚀"), None, names="Ann|Ωß山🚀"),
    # ---- line ends
    table("CR alone", "line ends", PLAIN.replace("\n", "\r"), None, ids="D1 D2"),
    table(
        "a fault after CR LF", "lines are counted", PLAIN.replace("7", "x").replace("\n", "\r\n"), "D014:3"
    ),
    table(
        "a fault after blank lines",
        "lines are counted",
        PLAIN.replace("7", "x").replace("\nD2", "\n\n\nD2"),
        "D014:5",
    ),
    table(
        "a fault after a cell of three lines",
        "lines are counted",
        PLAIN.replace("7", "x").replace("Ann", '"A\n\nn"'),
        "D014:5",
    ),
    table(
        "a fault in the row of two lines", "lines are counted", PLAIN.replace("5,Ann", 'x,"A\nn"'), "D014:2"
    ),
    # ---- quotes
    table("a quoted line end", "quotes", PLAIN.replace("Ann", '"A\nn"'), None, names="A\nn|Bob"),
    table("a quoted delimiter", "quotes", PLAIN.replace("Ann", '"A, n"'), None, names="A, n|Bob"),
    table("a doubled quote", "quotes", PLAIN.replace("Ann", '"A ""x"" n"'), None, names='A "x" n|Bob'),
    table("a quote that is never closed", "quotes close", PLAIN.replace("Ann", '"Ann'), "D003:2 not CSV"),
    table("a letter behind a quote", "quotes close", PLAIN.replace("Ann", '"A"nn'), "D003:2 not CSV"),
    # ---- delimiters
    table("semicolons", "delimiter", PLAIN.replace(",", ";"), None, ids="D1 D2"),
    table("tabs", "delimiter", WIDE, None, ids="D1 D2"),
    table("bars", "any delimiter", PLAIN.replace(",", "|"), None, ids="D1 D2"),
    table(
        "semicolons, commas in cells",
        "delimiter",
        PLAIN.replace(",", ";").replace("Ann", "A,n,n"),
        None,
        names="A,n,n|Bob",
    ),
    table("sep= in the first line", "sep line", "sep=^\n" + PLAIN.replace(",", "^"), None, ids="D1 D2"),
    table(
        "a list drawn with bars and dashes",
        "drawn lists",
        "Deals, page 1\n\n------------------\n|id|stage   |amount|\n------------------\n"
        "|D1|Proposal|  5.00|\n|D2|Contract|  7.00|\n------------------\n",
        None,
        D1="500 EUR",
        ids="D1 D2",
    ),
    table(
        "a title of two cells above the header",
        "titles of two cells",
        "Company Code,1000\n\nid,stage,amount,name,owner\nD1,Proposal,5,Ann,Bob\n",
        None,
        ids="D1",
    ),
    # ---- headers
    table("a title twice", "titles differ", "id,stage,amount,stage\nD1,Proposal,5,x\n", "D004:1"),
    table("titles in capitals", "capitals of titles", "ID,Stage,AMOUNT\nD1,Proposal,5\n", None, ids="D1"),
    table("blanks around titles", "blanks of titles", " id , stage,amount \nD1,Proposal,5\n", None, ids="D1"),
    table(
        "two columns without a title", "no title", "id,stage,,,amount\nD1,Proposal,x,y,5\n", None, ids="D1"
    ),
    table(
        "an empty column at the end",
        "empty at the end",
        "id,stage,amount,\nD1,Proposal,5\n",
        None,
        ids="D1",
        notes="",
    ),
    table(
        "a comma at each row's end",
        "empty cells at the end",
        "id,stage,amount\nD1,Proposal,5,\nD2,Contract,7,,\n",
        None,
        ids="D1 D2",
    ),
    table(
        "two titles that differ in capitals",
        "exact titles first",
        "id,stage,Amount,amount\nD1,Proposal,9,5\n",
        None,
        D1="500 EUR",
    ),
    # ---- rows
    table("a row too short", "as many cells", DEALS + "D5,Proposal,5\n", "D005:6 3 cells, the header 7"),
    table("a row too long", "as many cells", DEALS + "D5,Proposal,5,,,,,x\n", "D005:6 8 cells, the header 7"),
    table(
        "an unquoted comma in a name",
        "as many cells",
        PLAIN.replace("Ann", "A, n"),
        "D005:2 5 cells, the header 4",
    ),
    table(
        "a thousands comma without quotes",
        "as many cells",
        "id,stage,amount\nD1,Proposal,12,500.00\n",
        "D005:2",
    ),
    table("rows of blanks", "blank rows are none", PLAIN + " , ,,\n,,,\n", None, ids="D1 D2"),
]
