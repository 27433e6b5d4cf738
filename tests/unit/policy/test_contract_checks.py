"""What the checks say of coin-margined and dated contracts, and of hedges by beta."""

import pytest

from tests.unit.policy.test_checks import hedged, messages

COIN_CARRY = (
    "transitions: []\n"
    "assets: {BTC: {spot: BTC/USDT, future: BTC/USD:BTC}}\n"
    "sleeves: {carry: {kind: basis, collateral: coin}, liquidity: {kind: cash}}\n"
    "regimes: {calm: {targets: {carry: 60%, liquidity: 40%}}}\n"
)


def test_targets_on_coin_collateral_have_no_delta_and_gross_of_twice_their_weight() -> None:
    assert messages(f"{COIN_CARRY}limits: {{net_exposure: [-1%, 1%], gross_leverage: 1.3}}") == []
    broken = "the targets of `calm` make `gross_leverage` 1.2, the limit is 1.1"
    assert messages(f"{COIN_CARRY}limits: {{gross_leverage: 1.1}}") == [broken]


def test_a_rolled_contract_is_judged_at_the_targets_like_its_perpetual() -> None:
    rolled = COIN_CARRY.replace("BTC/USD:BTC", "{of: BTC/USD:BTC, roll: 7d}")
    broken = "the targets of `calm` make `futures_leverage` 1, the limit is 0.9"
    assert messages(f"{rolled}limits: {{futures_leverage: 0.9}}") == [broken]


def test_a_sleeve_that_its_collateral_does_not_fit_is_not_judged_at_its_targets() -> None:
    misfit = COIN_CARRY.replace("BTC/USD:BTC", "BTC/USDT:USDT")
    found = messages(f"{misfit}limits: {{gross_leverage: 0.1, net_exposure: [0%, 0%]}}")
    assert found == ["`carry` has coin collateral, and `BTC/USDT:USDT` is margined in USDT"]


@pytest.mark.parametrize(
    ("sleeve", "expected"),
    [
        ("{kind: basis, collateral: coin, leverage: 1}", []),
        (
            "{kind: basis, collateral: coin, leverage: 0.5}",
            ["`leverage` must be 1 with coin collateral, was 0.5"],
        ),
        (
            "{kind: basis, collateral: quote}",
            ["`BTC/USD:BTC` is margined in BTC, and `carry` has no coin collateral"],
        ),
        ("{kind: short, leverage: 2}", []),
        (
            "{kind: short, leverage: 2, collateral: coin}",
            ["`collateral` says nothing for a sleeve of kind short"],
        ),
    ],
)
def test_a_coin_margined_contract_takes_coin_collateral(sleeve: str, expected: list[str]) -> None:
    assert messages(COIN_CARRY.replace("{kind: basis, collateral: coin}", sleeve)) == expected


@pytest.mark.parametrize("kind", ["short", "long", "synthetic"])
def test_a_sleeve_with_margin_in_coins_needs_their_spot(kind: str) -> None:
    sleeve = COIN_CARRY.replace("basis, collateral: coin", kind).replace("spot: BTC/USDT, ", "")
    assert messages(sleeve) == ["the sleeve `carry` has its margin in BTC, and `BTC` has no `spot`"]
    on_quote = sleeve.replace("BTC/USD:BTC", "BTC/USDT:USDT")
    assert messages(on_quote) == []


def test_a_hedge_with_margin_in_coins_needs_the_spot_of_that_coin() -> None:
    assets = (
        "assets: {BTC: {spot: BTC/USDT, share: 100%}, ETH: {future: ETH/USDT:USDT}}\nsignals: {}\n"
    )
    hedge = "{of: core, ratio: 50%, with: ETH/USD:ETH}"
    assert messages(assets + hedged(hedge)) == [
        "the margin of `ETH/USD:ETH` is ETH, and `ETH` has no `spot`"
    ]
    assert messages(assets + hedged(hedge.replace("ETH/USD:ETH", "ETH/USDT:USDT"))) == []


def test_a_regime_with_a_hedge_by_beta_is_not_judged_at_its_targets() -> None:
    limits = (
        "limits: {gross_leverage: 0.1, net_exposure: [1%, 2%], futures_leverage: 0.1, "
        "asset_weight: 1%}\n"
    )
    hedge = "{of: core, ratio: 90%, with: own}"
    assert len(messages(limits + hedged(hedge))) == 5
    assert messages(limits + hedged(hedge.replace("own", "own, beta: 90d"))) == []


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        ("BTC/USDT:USDT-260327", []),
        ("{of: BTC/USDT:USDT-260327}", []),
        ("{of: BTC/USDT:USDT, roll: 7d}", []),
        (
            "{of: BTC/USD:BTC-260327, roll: 7d}",
            ["`BTC/USD:BTC-260327` is one contract, and `roll` moves from each to the next"],
        ),
        (
            "{of: BTC/USDT:USDT, roll: 0d}",
            ["`roll` must be more than 0h and at most 5200w, was 0d"],
        ),
        (
            "BTC/USDC:USDC",
            ["`BTC/USDC:USDC` is settled in USDC, neither in USDT nor in BTC: not supported yet"],
        ),
    ],
)
def test_a_contract_is_rolled_as_a_family_and_held_alone(
    contract: str, expected: list[str]
) -> None:
    assert messages(f"assets: {{BTC: {{spot: BTC/USDT, future: {contract}}}}}") == expected


def test_a_family_has_one_roll_and_may_have_its_perpetual_beside_it() -> None:
    bets = (
        "assets: {BTC: {spot: BTC/USDT, future: {of: BTC/USDT:USDT, roll: 7d}}}\n"
        "sleeves: {core: {kind: basis}, liquidity: {kind: long, future: {BTC: CONTRACT}}}\n"
    )
    twice = "{of: BTC/USDT:USDT, roll: 3d}"
    assert messages(bets.replace("CONTRACT", twice)) == [
        "`BTC/USDT:USDT` is rolled 3d before expiry here, elsewhere 7d before it"
    ]
    assert messages(bets.replace("CONTRACT", "{of: BTC/USDT:USDT, roll: 1w}")) == []
    assert messages(bets.replace("CONTRACT", "BTC/USDT:USDT")) == []


def test_coins_that_are_collateral_are_no_spot_to_hedge() -> None:
    hedge = "{of: carry, ratio: 10%, with: own}"
    assert messages(COIN_CARRY.replace("40%}}}", f"40%}}, hedges: [{hedge}]}}}}")) == [
        "`carry` holds coins as collateral and has no spot to hedge"
    ]
