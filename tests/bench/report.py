"""The figures as one table, and what they say about the budgets."""

import datetime as dt
import os
import platform
from typing import Any

GROWTH = 1.3  # time at a million patients against that at a hundred thousand
HEAD = "| as | case | at once | p50 ms | p95 ms | SQL | DB p95 ms | CPU ms | KB | floor p50 ms | ratio | small p50 ms | growth | over |"


def line(row: dict[str, Any]) -> str:
    small = row.get("small", 0)
    growth = row["p50"] / small if small else 0
    cells = [
        row["role"], row["case"], row["at_once"], f"{row['p50']:.1f}", f"{row['p95']:.1f}", f"{row['statements']:.0f}",
        f"{row['db95']:.1f}", f"{row['cpu']:.1f}", f"{row['bytes'] / 1024:.0f}", f"{row['floor']:.1f}", f"{row['ratio']:.1f}",
        f"{small:.1f}" if small else "", f"{growth:.2f}" if growth else "", ", ".join(over(row, growth)),
    ]  # fmt: skip
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def over(row: dict[str, Any], growth: float) -> list[str]:
    """Which budgets this row is over."""
    limits = [("SQL", row["statements"], row["budget"]), ("DB", row["db95"], row["db_ms"])]
    if row["at_once"] == 1:
        limits.append(("p95", row["p95"], row["page_ms"]))
        limits.append(("growth", growth, GROWTH))
    return [f"{name} > {limit:g}" for name, value, limit in limits if value > limit]


def measured(
    case: Any, role: str, at_once: int, times: dict[str, float], smaller: dict[str, float] | None = None
) -> dict[str, Any]:
    return {
        "small": smaller["p50"] if smaller else 0,
        "role": role, "case": case.name, "at_once": at_once, "budget": case.statements, "page_ms": case.page_ms, "db_ms": case.db_ms, **times,
    }  # fmt: skip


def page(found: dict[str, Any]) -> str:
    """The whole report as Markdown."""
    lines = [line(row) for row in found["rows"]]
    late = [text for text in lines if not text.endswith("|  |")]
    kept = f"{len(lines) - len(late)} of {len(lines)} rows within every budget."
    beside = f" Growth is against {found['beside']:,} patients, asked in turn." if found["beside"] else ""
    return "\n".join(
        [
            f"## {found['patients']:,} patients, 10 tasks each", "", f"{found['when']}, {found['machine']}. {kept}{beside}", "", HEAD,
            f"|{' --- |' * HEAD.count(' | ')} --- |", *lines, "", *(f"- {said}" for said in found["said"]), "",
        ]
    )  # fmt: skip


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"


def now() -> str:
    return f"{dt.datetime.now(tz=dt.UTC):%d-%b-%Y}"
