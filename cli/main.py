"""The `expansion` command. A command's module is imported when it is called: `--help` answers at once."""

from __future__ import annotations

import sys
from importlib import import_module

import click

# name -> what `--help` says of it; the module is cli/NAME.py (`import` is in cli/import_files.py).
COMMANDS = {
    "demo": "The whole job on sample data against local stand-ins; no account anywhere.",
    "init": "A new folder of playbooks, a settings template and the schema for your editor.",
    "check": "Check every YAML file and run every case, with line numbers.",
    "explain": "Why a trigger fires, stays quiet or cannot tell for one account.",
    "run": "The main job, once: pull, evaluate, decide, start playbooks.",
    "import": "Bring in events or facts from JSON lines, CSV or Parquet.",
    "ledger": "What fired and what was done about it.",
    "approve": "What waits for a person: a flood, or what policy.yaml wants approved.",
    "pause": "Stop a trigger, a playbook or an integration, at once.",
    "resume": "Let it go on.",
    "reconcile": "Does every system still have what the ledger says was done?",
    "unsure": "Steps that nobody knows the outcome of; settle them.",
    "audit": "What was done outside and by whom, line by line; is the record whole?",
    "forget": "Remove a person everywhere, and keep the counts.",
    "doctor": "Is every configured system reachable, allowed, within its limits?",
    "actions": "The actions that playbooks may name.",
    "facts": "The facts, cohorts and sources that triggers may name.",
}
MODULES = {"import": "import_files"}


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
        from difflib import get_close_matches

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f"\n\nhint: did you mean `expansion {near[0]}`?" if near else ""
            ctx.fail(f"there is no command `{args[0]}`{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="expansion-triggers", prog_name="expansion")
def cli() -> None:
    """Expansion triggers as code: notice the accounts that are ready to buy more, and start the right conversation.

    Data go to stdout, talk to stderr; `--json` gives data for scripts. Exit codes: 0 all is well, 1 something needs a
    person, 2 the command was used wrongly.
    """


def main() -> None:
    """Run a command; known failures print as sentences, with exit code 1."""
    from cli.failing import told
    from cli.showing import echo
    from expansion.logs import guard, harmless_traceback

    guard()
    try:
        cli.main(prog_name="expansion", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        echo("stopped", err=True)
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as help_:
        help_.show()
        sys.exit(2)
    except click.UsageError as error:
        if error.ctx is not None:
            echo(f"{error.ctx.get_usage()}\n", err=True)
        echo(f"error: {_as_sentence(error)}", err=True)
        sys.exit(2)
    except Exception as error:
        text = told(error)
        if text is None:
            text = f"{type(error).__name__}, a fault of this program\n\n{harmless_traceback(*sys.exc_info())}"
        echo(f"error: {text}", err=True)
        sys.exit(1)


def _as_sentence(error: click.UsageError) -> str:
    """Click's message in our manner: no full stop after one sentence, and where to read on."""
    text = error.format_message().rstrip(".")
    command = error.ctx.command_path if error.ctx is not None else "expansion"
    return text if "hint:" in text else f"{text[:1].lower()}{text[1:]}\n\nhint: `{command} --help` lists what there is"


if __name__ == "__main__":
    main()
