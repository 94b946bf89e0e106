"""Write docs/cli.md, docs/errors.md and docs/formats.md from what the program itself says.

The sources are the commands' help, the pages of the codes, and the models of scenario files.

Run it as `python docs/generate.py [FOLDER]`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML

from simulator.cli import main as program
from simulator.report.codes import markdown as errors_page
from simulator.scenario.model import ScenarioFile

HERE = Path(__file__).resolve().parent
MARK = "<!-- keys of a scenario -->\n"
LAWS = {"DaysLaw": "### Laws of days", "MoneyLaw": "### Laws of amounts"}
ELSEWHERE = {  # described by the template
    *("DealColumns", "InvoiceColumns", "LineColumns", "FigureColumns", "RenewalColumns", "OutflowColumns"),
}
MEANINGS = YAML(typ="safe").load((HERE / "templates" / "meanings.yaml").read_text(encoding="utf-8"))
Schema = Mapping[str, Any]


def main() -> None:
    """Write the pages into docs/, or into the folder given."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    template = (HERE / "templates" / "formats.md").read_text(encoding="utf-8")
    assert MARK in template
    for name, text in (
        ("cli.md", command_page()),
        ("errors.md", errors_page()),
        ("formats.md", template.replace(MARK, key_tables(ScenarioFile.model_json_schema(by_alias=True)))),
    ):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def command_page() -> str:
    """Return every command's help as Markdown."""
    context = click.Context(program, info_name="simulator", terminal_width=100, **program.context_settings)
    parts = [
        "# Commands\n",
        "Written by `make docs` from the program's own help.\n",
        block("simulator --help", program.get_help(context)),
    ]
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        parts += command_parts(command, name, context, "##")
    return "\n".join(parts)


def command_parts(command: click.Command, name: str, parent: click.Context, mark: str) -> Iterator[str]:
    """Yield a command's heading and help, then those of the commands inside it."""
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100)
    yield f"{mark} {context.command_path}\n"
    yield block(f"{context.command_path} --help", command.get_help(context))
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from command_parts(found, inner, context, f"{mark}#")


def block(command: str, output: str) -> str:
    """Return a command and what it prints as a session at a terminal."""
    lines = "\n".join(line.rstrip() for line in output.strip().splitlines())
    return f"```console\n$ {command}\n{lines}\n```\n"


def key_tables(schema: Schema) -> str:
    """Return one table of keys for the scenario and for each mapping inside it, in the order of reading."""
    return "\n".join(key_table(path, node, schema) for path, node in mappings(schema)) + "\n"


def mappings(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Walk the mappings with fixed keys, depth first; each is named by the path where it first stands."""
    seen = set(ELSEWHERE)

    def walk(path: str, node: Schema) -> Iterator[tuple[str, Schema]]:
        yield path, node
        for key, value in node.get("properties", {}).items():
            for inner_path, name in references(value, f"{path}.{key}" if path else key):
                if name not in seen and "properties" in schema["$defs"][name]:
                    seen.add(name)
                    yield from walk(inner_path, schema["$defs"][name])

    laws = [(path, node) for path, node in walk("", schema) if node.get("title") in LAWS]
    seen = set(ELSEWHERE)
    yield from (found for found in walk("", schema) if found[1].get("title") not in LAWS)
    yield from laws


def references(value: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Find the mappings that a value may be, or that may stand under its names."""
    if "$ref" in value:
        yield path, reference(value)
    for option in (*value.get("anyOf", ()), *value.get("oneOf", ())):
        yield from references(option, path)
    if isinstance(value.get("items"), Mapping):
        yield from references(value["items"], f"{path}[]")
    if isinstance(value.get("additionalProperties"), Mapping):
        yield from references(value["additionalProperties"], f"{path}.<name>")


def key_table(path: str, node: Schema, schema: Schema) -> str:
    """Return a mapping's keys as a table."""
    title = LAWS.get(node["title"]) or (f"### `{path}`" if path else "### The file")
    about = " ".join(inspect.cleandoc(node.get("description", "")).split("\n\n")[0].split())
    lines = [title, "", *([about, ""] if about else [])]
    lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
    required = set(node.get("required", ())) - ({"name"} if not path else set())  # a file has a name anyway
    for key, value in node["properties"].items():
        if key == "source" and path:
            continue
        default = "required" if key in required else default_text(value)
        meaning = value.get("description") or MEANINGS[node["title"]][key]
        lines.append(f"| `{key}` | {cell(kind(value, schema))} | {default} | {cell(meaning)} |")
    return "\n".join(lines) + "\n"


def kind(value: Schema, schema: Schema) -> str:
    """Say in words what may stand as a value."""
    options = [*value.get("anyOf", ()), *value.get("oneOf", ())]
    if options:
        said = [kind(option, schema) for option in options if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(said))
    if "$ref" in value:
        inner = schema["$defs"][reference(value)]
        return "mapping" if "properties" in inner else kind(inner, schema)
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    if value.get("type") == "array":
        return f"list of {kind(value.get('items', {}), schema)}"
    if value.get("type") == "object" or "additionalProperties" in value:
        inner = value.get("additionalProperties")
        return f"by name: {kind(inner, schema)}" if isinstance(inner, Mapping) and inner else "mapping"
    if value.get("pattern") == "%$":
        return "per cent"
    types: Any = value.get("type", "anything")
    if isinstance(types, list):
        # Ids and names may look like numbers; quantities may carry a unit.
        return "text" if types == ["string", "number"] else "number, or with a unit"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    return words.get(types, str(types)) + bounds(value)


def bounds(value: Schema) -> str:
    """Say the limits of a number."""
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    said = [f"{sign} {value[key]:g}" for key, sign in signs.items() if key in value]
    return f" {', '.join(said)}" if said else ""


def default_text(value: Schema) -> str:
    """Say the default; nothing where a key may be missing, or its mapping has defaults inside."""
    default = value.get("default")
    if isinstance(default, dict) and "dist" in default:
        default = "{" + ", ".join(f"{k}: {plain(v)}" for k, v in default.items() if v is not None) + "}"
    if default is None and {"const": "auto"} in value.get("anyOf", ()):
        default = "auto"
    return "–" if isinstance(default, dict) or default in (None, "", []) else f"`{cell(plain(default))}`"


def plain(value: object) -> str:
    """Write a value as in a scenario file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def reference(value: Schema) -> str:
    """Return the name of a definition that is referred to."""
    return str(value["$ref"]).rpartition("/")[2]


def cell(text: str) -> str:
    """Make text fit into a cell of a table."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
