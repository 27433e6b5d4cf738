"""`rebalancer status`: where a policy stands and what it waits for."""

from rebalancer.cli.options import AsOf, Format, MarketFolder, OutputFile, PolicyPath, TableOrJson
from rebalancer.cli.root import app, examples

EPILOG = examples(
    "rebalancer status policy.yaml --market market",
    "rebalancer status policy.yaml --market market --as-of 2025-06-23 --format json",
)


@app.command("status", short_help="Where a policy stands, and what it waits for.", epilog=EPILOG)
def status(
    policy: PolicyPath,
    *,
    market: MarketFolder,
    as_of: AsOf = None,
    style: TableOrJson = Format.TABLE,
    output: OutputFile = None,
) -> None:
    """Print the signals now, and what each way out of the regime still needs.

    Without --as-of it is the time of the last row that the policy names.
    """
    import rebalancer  # noqa: PLC0415
    from rebalancer.cli.printing import print_lines, print_text, report_width  # noqa: PLC0415
    from rebalancer.cli.progress import progress  # noqa: PLC0415
    from rebalancer.reports.json_text import json_text  # noqa: PLC0415
    from rebalancer.reports.status_document import status_document  # noqa: PLC0415
    from rebalancer.reports.status_table import status_lines  # noqa: PLC0415

    rules = rebalancer.load_policy(policy)
    with progress(f"replaying {market}"):
        found = rebalancer.status(rules, market, as_of=as_of)
    if style is Format.JSON:
        print_text(json_text(status_document(rules, found)), output)
    else:
        print_lines(status_lines(rules, found, width=report_width(output)), output)
