"""The codes of findings in market folders, portfolio files and other files at the edge."""

from enum import StrEnum


class InputCode(StrEnum):
    """One code per kind of problem; `docs/checks/<code>.md` explains each."""

    # files and folders
    MISSING_FILE = "missing-file"
    MISSING_FOLDER = "missing-folder"
    NOT_A_FOLDER = "not-a-folder"
    NOT_A_FILE = "not-a-file"
    UNREADABLE_FILE = "unreadable-file"
    NOT_UTF_8 = "not-utf-8"
    FILE_EXISTS = "file-exists"
    NO_POLICIES = "no-policies"
    MORE_FINDINGS = "more-findings"
    # tables of a market folder
    AMBIGUOUS_TABLE = "ambiguous-table"
    EMPTY_TABLE = "empty-table"
    MISSING_COLUMN = "missing-column"
    DUPLICATE_COLUMN = "duplicate-column"
    MALFORMED_ROW = "malformed-row"
    MISSING_VALUE = "missing-value"
    NOT_A_NUMBER = "not-a-number"
    NOT_FINITE = "not-finite"
    NOT_A_TIME = "not-a-time"
    NAIVE_TIME = "naive-time"
    UNKNOWN_SYMBOL = "unknown-symbol"
    DUPLICATE_ROW = "duplicate-row"
    NON_POSITIVE_PRICE = "non-positive-price"
    HIGH_UNDER_LOW = "high-under-low"
    PRICE_OUTSIDE_BAR = "price-outside-bar"
    NON_POSITIVE_INTERVAL = "non-positive-interval"
    NOT_A_PERPETUAL = "not-a-perpetual"
    # instruments and portfolio files
    MISSING_KEY = "missing-key"
    UNKNOWN_KEY = "unknown-key"
    KEY_NOT_FOR_KIND = "key-not-for-kind"
    WRONG_SHAPE = "wrong-shape"
    OUT_OF_RANGE = "out-of-range"
    NOT_A_CHOICE = "not-a-choice"
    NOT_A_SYMBOL = "not-a-symbol"
    SYMBOL_MISMATCH = "symbol-mismatch"
    SETTLE_MISMATCH = "settle-mismatch"
    MARGIN_TIERS = "margin-tiers"
    DUPLICATE_POSITION = "duplicate-position"
