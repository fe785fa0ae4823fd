#!/usr/bin/env python3
"""picture.py OUT.svg COMMAND…: runs a command in a terminal of its own and draws what the screen shows at the end.

Made for the demo's picture in the README:
    scripts/picture.py docs/demo.svg target/release/bellwether demo --exit
"""
import fcntl
import os
import pty
import re
import struct
import sys
import termios
from html import escape

COLUMNS, ROWS = 100, 200
CELL, LINE, MARGIN = 8.43, 18, 16
COLOURS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#58a6ff", 35: "#d2a8ff", 36: "#56d4dd", 90: "#8b949e"}
# The random key of a server that is gone by now, but nothing that looks like a secret belongs in a picture.
SECRET = re.compile(r"(SharedAccessKey=)[A-Za-z0-9+/=]+")
# What comes after the verdict is told by the README itself.
END = "What to try next"


def run(command):
    """The bytes that the command wrote to its terminal, and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvp(command[0], command)
    output = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        output += chunk
    return output.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def screen(text):
    """The lines of the screen, each a list of (character, colour): just the controls that progress bars use."""
    lines, row, column, colour = [[]], 0, 0, None
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\s\S]", text):
        if token.startswith("\x1b["):
            numbers = [int(n) for n in re.findall(r"\d+", token)]
            count = numbers[0] if numbers else 1
            match token[-1]:
                case "A":
                    row = max(0, row - count)
                case "B":
                    row += count
                case "C":
                    column += count
                case "D":
                    column = max(0, column - count)
                case "K":
                    lines[row] = [] if numbers[:1] == [2] else lines[row][:column]
                case "J":
                    del lines[row + 1:]
                    lines[row] = lines[row][:column]
                case "m":
                    for number in numbers or [0]:
                        colour = COLOURS.get(number) if number in COLOURS else (None if number in (0, 39) else colour)
        elif token == "\r":
            column = 0
        elif token == "\n":
            row, column = row + 1, 0
        elif token >= " ":
            # A full line wraps with the character after it, not before: progress bars end their lines this way.
            if column == COLUMNS:
                row, column = row + 1, 0
            while len(lines) <= row:
                lines.append([])
            line = lines[row]
            line.extend([(" ", None)] * (column - len(line)))
            line[column:column + 1] = [(token, colour)]
            column += 1
        while len(lines) <= row:
            lines.append([])
    return lines


def svg(lines):
    """The picture."""
    width = MARGIN * 2 + CELL * COLUMNS
    height = MARGIN * 2 + LINE * len(lines)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}" role="img">',
        f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" fill="#e6edf3" xml:space="preserve">',
    ]
    for number, line in enumerate(lines):
        while line and line[-1][0] == " ":
            line.pop()
        spans, at = [], 0
        while at < len(line):
            end = at
            while end < len(line) and line[end][1] == line[at][1]:
                end += 1
            text = escape("".join(character for character, _ in line[at:end]))
            fill = f' fill="{line[at][1]}"' if line[at][1] else ""
            spans.append(f'<tspan x="{MARGIN + at * CELL:.1f}" textLength="{(end - at) * CELL:.1f}"{fill}>{text}</tspan>')
            at = end
        if spans:
            out.append(f'<text y="{MARGIN + LINE * number + 13}">{"".join(spans)}</text>')
    return "\n".join(out + ["</g>", "</svg>", ""])


def main():
    out, command = sys.argv[1], sys.argv[2:]
    text, code = run(command)
    if code != 0:
        sys.exit(f"the command ended with {code}:\n{text}")
    lines = screen(SECRET.sub(r"\1…", text).split(END)[0].rstrip())
    prompt = "$ " + ("make demo" if "demo" in command else " ".join(command))
    lines = [[(c, None) for c in prompt], []] + lines
    with open(out, "w", encoding="utf-8") as file:
        file.write(svg(lines))


if __name__ == "__main__":
    main()
