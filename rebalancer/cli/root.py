"""The root command, which every command adds itself to."""

import typer

app = typer.Typer(
    name="rebalancer",
    help="Policy as code: a market, a portfolio and a policy become an explained list of trades.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    """Policy as code: a market, a portfolio and a policy become an explained list of trades."""
    if version:
        from rebalancer import __version__  # noqa: PLC0415  -- only this option needs it

        typer.echo(__version__)
        raise typer.Exit


def examples(*commands: str) -> str:
    """Return the last lines of a command's help: how it is called."""
    lines = "\n".join(f"  {command}" for command in commands)
    return f"\b\nExamples:\n{lines}"
