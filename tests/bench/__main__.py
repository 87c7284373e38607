"""The benches: `./dev bench [NAME …] [--json FILE]`. Each prints a table, with the machine and the date."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1]))  # behind the installed packages, which are what is measured
sys.path.append(str(HERE.parent / "harness"))

from figures import Figure, missed  # noqa: E402


def main() -> int:
    """Run what was asked for. Exit code 1 if a budget was missed."""
    benches = {
        bench.NAME: bench for bench in map(importlib.import_module, sorted(p.stem for p in HERE.glob("bench_*.py")))
    }
    parser = argparse.ArgumentParser(
        prog="./dev bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"{name:10} {bench.TITLE}" for name, bench in benches.items())
        + "\n\nExample: ./dev bench kernel",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (default: all that do not take minutes)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    if unknown := set(options.names) - set(benches):
        parser.error(f"no bench {', '.join(sorted(unknown))}; there are {', '.join(benches)}")
    machine = _machine()
    date = datetime.now(UTC).date().isoformat()  # noqa: TID251 - the date of the figures
    print(f"{date}, {machine}", flush=True)
    wanted = options.names or [name for name, bench in benches.items() if not getattr(bench, "ONLY_NAMED", False)]
    results = {name: _run(bench) for name, bench in benches.items() if name in wanted}
    if options.json is not None:
        options.json.write_text(json.dumps({"date": date, "machine": machine, "figures": results}, indent=1) + "\n")
    return 1 if any(missed(row) for rows in results.values() for row in rows) else 0


def _run(bench: ModuleType) -> list[Figure]:
    print(f"\n{bench.TITLE}", flush=True)
    rows: list[Figure] = bench.run()
    for row in rows:
        budget = "" if row["budget"] is None else f"(at {'least' if row['least'] else 'most'} {row['budget']:.3g})"
        over = "  MISSED" if missed(row) else ""
        print(
            f"  {row['name']:44} {row['value']:8.3g} {row['unit']:3} {budget:16} {row['note']}{over}".rstrip(),
            flush=True,
        )
    return rows


def _machine() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith(("model name", "Model"))]
    count = len([line for line in text.splitlines() if line.startswith("processor")])
    name = names[-1] if names else platform.machine()
    return f"{count} x {name}, Linux {platform.release()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
