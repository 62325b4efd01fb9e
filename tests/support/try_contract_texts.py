"""Runs the fuzz target `contract_texts` on its corpus, in the generator's environment; prints how many inputs held."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Tries every input, as it is and with something around it."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "tests" / "fuzz" / "fuzz_targets")]
    from contract_texts import check

    count = 0
    for file in sorted((ROOT / "tests" / "fuzz" / "corpus" / "contract_texts").iterdir()):
        data = file.read_bytes()
        for text in (data, b"x" + data, data + b"x", data + data, b"a " + data):
            try:
                check(text)
            except Exception as error:
                error.add_note(f"{file.name}: the input was {text!r}")
                raise
            count += 1
    print(count)


if __name__ == "__main__":
    main()
