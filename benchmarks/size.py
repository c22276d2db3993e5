"""How big the package is: files and lines of each room, blank lines and docstrings included.

python benchmarks/size.py
"""

from pathlib import Path

ROOT = Path(__file__).parent.parent / "tinygrad_loss"


def main():
    rooms = {}
    for file in sorted(ROOT.rglob("*.py")):
        room = file.relative_to(ROOT).parts[0] if file.parent != ROOT else "(front door, errors, context)"
        files, lines = rooms.get(room, (0, 0))
        rooms[room] = files + 1, lines + len(file.read_text(encoding="utf-8").splitlines())
    for room, (files, lines) in sorted(rooms.items(), key=lambda item: -item[1][1]):
        print(f"{room:30} {files:4} files {lines:7,} lines")
    print(f"{'all':30} {sum(f for f, _ in rooms.values()):4} files {sum(n for _, n in rooms.values()):7,} lines")


if __name__ == "__main__":
    main()
