from rebalancer.reports.layout import (
    Column,
    Row,
    Table,
    bullets,
    entry,
    plain_text,
    prose,
    table,
)

COLUMNS = (Column("name", is_number=False), Column("amount"))


def test_text_is_aligned_left_and_numbers_right() -> None:
    rows = (Row(("BTC", "1.5")), Row(("long name", "22.75")))
    assert plain_text(table(Table("Coins", COLUMNS, rows), width=80)) == (
        "\nCoins\nname       amount\nBTC           1.5\nlong name   22.75\n"
    )


def test_a_note_stands_below_its_row_and_is_wrapped() -> None:
    rows = (Row(("BTC", "1.5"), note="a reason that needs two lines"), Row(("ETH", "2")))
    assert plain_text(table(Table("Coins", COLUMNS, rows), width=30)) == (
        "\nCoins\nname  amount\nBTC      1.5\n"
        "      a reason that needs two\n      lines\nETH        2\n"
    )


def test_a_table_without_rows_is_nothing() -> None:
    assert table(Table("Coins", COLUMNS, ()), width=80) == []


def test_a_long_word_is_never_cut() -> None:
    symbol = "x" * 50
    assert plain_text(bullets([f"a {symbol}"], width=30)) == f"- a\n  {symbol}\n"


def test_an_empty_text_is_still_a_line() -> None:
    assert plain_text(entry("Targets", "", width=80)) == "Targets\n"
    assert plain_text(prose("", width=80)) == "\n"
