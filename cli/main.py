"""The `expansion` command. A command's module is imported when it is called: `--help` answers at once."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import NoReturn

import click

# name -> what `--help` says of it; the module is cli/NAME.py (`import` is in cli/import_files.py).
COMMANDS = {
    "demo": "The whole job on sample data against local stand-ins; no account anywhere.",
    "init": "A new folder of your own: a trigger to begin with, and what deploys it.",
    "check": "Check every YAML file and run every case, with line numbers.",
    "discover": "Which behaviours came before expansions, with a draft trigger for each.",
    "tune": "Which setting of a trigger's number was best, judged on later history.",
    "explain": "Why a trigger fires, stays quiet or cannot tell for one account.",
    "plan": "What an edit of the playbooks would do, for whom, before it does it.",
    "run": "The main job, once: pull, evaluate, decide, start playbooks.",
    "serve": "Take events that systems push: libraries and webhooks, by their host setting.",
    "pull": "Bring in what the connected sources know; nothing is evaluated or sent.",
    "import": "Bring in events or facts from files: CSV, JSON, Parquet, Excel and more.",
    "map": "Look at files and propose the map to import them by.",
    "backtest": "What triggers would have done over history, and how often they would have been right.",
    "triggers": "Every trigger: its status, when it ran last, for how many it is true.",
    "accounts": "The accounts that are known, with their ids.",
    "rank": "Who first, by expected ARR: why, what next, and what is in the way.",
    "ledger": "What fired and what was done about it.",
    "report": "One page for a meeting: what fired, what was done, what people say.",
    "diff": "Why two runs decided otherwise: definitions, data, or the ledger.",
    "lift": "What acting brings, against accounts that are held out; and when it can be told.",
    "forecast": "What the next months bring, with how often such a forecast held.",
    "approve": "What waits for a person: a flood, or what policy.yaml wants approved.",
    "pause": "Stop a trigger, a playbook or an integration, at once.",
    "resume": "Let it go on.",
    "outcome": "What accounts came to buy more of, or less; write one down, judge a firing.",
    "reconcile": "Does every system still have what the ledger says was done?",
    "unsure": "Steps that nobody knows the outcome of; settle them.",
    "audit": "What was done outside and by whom, line by line; is the record whole?",
    "forget": "Remove a person everywhere, and keep the counts.",
    "clock": "Do the clocks agree: this machine's, the ledger's, and what earlier runs wrote?",
    "alerts": "Put into Prefect who is told when a run fails, work waits or a source goes quiet.",
    "doctor": "Is every configured system reachable, allowed, within its limits?",
    "actions": "The actions that playbooks may name.",
    "events": "The events that came, their properties, and what these say.",
    "facts": "The facts, cohorts and sources that triggers may name.",
}
MODULES = {"import": "import_files", "map": "map_files", "accounts": "list_accounts"}
# What one reaches for, and what it is called here.
MEANT = {
    **dict.fromkeys(("list", "ls", "status", "trigger", "playbooks"), "expansion triggers"),
    **dict.fromkeys(("validate", "lint", "test", "tests", "cases", "verify", "compile"), "expansion check"),
    **dict.fromkeys(("preview", "dry-run"), "expansion run --dry-run"),
    **dict.fromkeys(("compare", "changes", "impact"), "expansion plan"),
    **dict.fromkeys(("insights", "correlate", "suggest"), "expansion discover"),
    **dict.fromkeys(("optimize", "optimise", "threshold", "calibrate"), "expansion tune TRIGGER"),
    **dict.fromkeys(("help", "commands", "man"), "expansion --help"),
    **dict.fromkeys(("simulate", "replay", "precision", "recall", "evaluate"), "expansion backtest"),
    "version": "expansion --version",
    **dict.fromkeys(("sync", "fetch", "load", "extract", "refresh"), "expansion pull"),
    **dict.fromkeys(("why", "debug", "trace", "show"), "expansion explain TRIGGER ACCOUNT"),
    **dict.fromkeys(("start", "apply", "execute", "send", "deploy"), "expansion run"),
    **dict.fromkeys(("new", "create", "setup", "project", "scaffold"), "expansion init"),
    **dict.fromkeys(("history", "log", "logs", "firings", "steps", "runs"), "expansion ledger"),
    **dict.fromkeys(("account", "customers", "companies", "search"), "expansion accounts"),
    **dict.fromkeys(("score", "scores", "top", "best", "prioritise", "prioritize", "next"), "expansion rank"),
    **dict.fromkeys(("stop", "disable", "off"), "expansion pause"),
    **dict.fromkeys(("unpause", "enable", "on", "continue"), "expansion resume"),
    **dict.fromkeys(("release", "reject", "decline", "review", "waiting"), "expansion approve"),
    **dict.fromkeys(("connect", "ping", "settings", "config", "health"), "expansion doctor"),
    **dict.fromkeys(("delete", "erase", "gdpr"), "expansion forget"),
    **dict.fromkeys(("sources", "fields", "cohorts", "words"), "expansion facts"),
    **dict.fromkeys(("outcomes", "won", "upsell", "churn", "feedback", "useful"), "expansion outcome"),
    **dict.fromkeys(("dashboard", "page", "html", "metrics", "stats"), "expansion report"),
    **dict.fromkeys(("uplift", "holdout", "experiment", "ab-test", "impact"), "expansion lift"),
    **dict.fromkeys(("pipeline", "predict", "projection"), "expansion forecast"),
    "schema": "expansion init --schemas-only",
    "schemas": "expansion init --schemas-only",
}


class Commands(click.Group):
    """Knows the commands by name and loads the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cli.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command `{args[0]}`{_meant(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _meant(word: str) -> str:
    """The command that a word stands for, or is a misspelling of; else where they are listed."""
    from difflib import get_close_matches

    if word.lower() in MEANT:
        return f"\n\nhint: that is `{MEANT[word.lower()]}` here"
    near = get_close_matches(word.lower(), COMMANDS, 1)
    return f"\n\nhint: did you mean `expansion {near[0]}`?" if near else "\n\nhint: `expansion --help` lists them"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="expansion-triggers", prog_name="expansion")
def cli() -> None:
    """Expansion triggers as code: notice the accounts that are ready to buy more, and start the right conversation.

    Data go to stdout, talk to stderr; `--json` gives data for scripts (docs/json.md). Exit codes: 0 all is well, 1
    something needs a person, 2 the command was used wrongly. Names complete in your shell: docs/operate.md says how.
    """


def main() -> None:
    """Run a command; known failures print as sentences, with exit code 1."""
    import integrations  # noqa: F401  from here on it is known what the systems' secrets look like
    from cli.errors import told
    from cli.output import echo
    from cli.scripts import wanted
    from expansion.text.logs import guard, harmless_traceback

    guard()
    try:
        ended = cli.main(prog_name="expansion", standalone_mode=False)  # click gives the code of an Exit back
        sys.exit(ended if isinstance(ended, int) else 0)
    except click.Abort:
        echo("stopped", err=True)
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as help_:
        help_.show()
        sys.exit(2)
    except click.UsageError as error:
        if error.ctx is not None and not wanted():
            echo(f"{error.ctx.get_usage()}\n", err=True)
        _failed(_as_sentence(error), "UsageError", 2)
    except Exception as error:
        text = told(error)
        if text is None:
            text = f"{type(error).__name__}, a fault of this program\n\n{harmless_traceback(*sys.exc_info())}"
        _failed(text, type(error).__name__, 1, getattr(error, "mistakes", ()))


def _failed(text: str, kind: str, code: int, mistakes: Iterable[object] = ()) -> NoReturn:
    """Say it as a sentence, or as an object to a script, and end."""
    from cli import scripts
    from cli.output import echo, json_line

    if scripts.wanted():
        json_line(scripts.error(text, kind, code, mistakes))
    else:
        echo(f"error: {text}", err=True)
    sys.exit(code)


def _as_sentence(error: click.UsageError) -> str:
    """Click's message in our manner: no full stop after one sentence, and where to read on."""
    text = error.format_message().rstrip(".")
    command = error.ctx.command_path if error.ctx is not None else "expansion"
    return text if "hint:" in text else f"{text[:1].lower()}{text[1:]}\n\nhint: `{command} --help` lists what there is"


if __name__ == "__main__":
    main()
