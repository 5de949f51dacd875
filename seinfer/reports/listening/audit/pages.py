"""Leaks through the pages: requests to outside, a missing content security policy, console messages, other sounds."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator

from .files import is_stimulus
from .findings import Check, Finding, shortened
from .folder import AuditedFolder

_AGAIN = "write the pages again with `seinfer blind make`"
# A page may name an address in a namespace declaration; it loads nothing from there.
_NAMESPACE = re.compile(r"""\bxmlns(:\w+)?\s*=\s*(["']).*?\2|["']https?://www\.w3\.org/[^"']*["']""")
_REQUEST = re.compile(
    r"""(?:\b(?:src|href|action|poster|data|srcset)\s*=\s*["']?\s*|url\(\s*["']?\s*|@import\s+["']?|\b(?:fetch|open|import|"""
    r"""Worker|WebSocket|EventSource|sendBeacon|importScripts)\s*\(\s*["'`]\s*)((?:(?:https?|wss?|ftp):)?//[^\s"'`)>]+)""",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"""<meta[^>]*http-equiv\s*=\s*["']?content-security-policy["']?[^>]*content\s*=\s*(["'])(.*?)\1""",
    re.IGNORECASE | re.DOTALL,
)
_CONSOLE = re.compile(r"\bconsole\s*\.\s*(log|debug|info|warn|error|table|dir|trace)\s*\(")
_CLOSED = ("default-src", "connect-src")


def _requests(folder: AuditedFolder) -> Iterator[Finding]:
    for path, text in folder.texts.items():
        if found := sorted(set(_REQUEST.findall(_NAMESPACE.sub("", text)))):
            yield Finding(
                "requests",
                path,
                f"it loads {shortened(found)}",
                "nothing from outside: the server sees who rates, when, and can change the page",
                _AGAIN,
            )


def _policies(folder: AuditedFolder) -> Iterator[Finding]:
    for path, text in folder.pages.items():
        found = _POLICY.search(text)
        if not found:
            yield _policy(path, "there is none")
            continue
        rules = {words[0]: words[1:] for rule in html.unescape(found[2]).split(";") if (words := rule.lower().split())}
        for name in _CLOSED:
            sources = rules.get(name, rules.get("default-src", ["*"]))
            if sources != ["'none'"]:
                yield _policy(path, f"{name} is {' '.join(sources)}")
        if outside := [word for words in rules.values() for word in words if _is_outside(word)]:
            yield _policy(path, f"it allows {shortened(outside)}")


def _is_outside(source: str) -> bool:
    return source == "*" or "//" in source or (source.endswith(":") and source not in ("data:", "blob:"))


def _policy(path: str, value: str) -> Finding:
    expected = "a content security policy with default-src 'none' and connect-src 'none'"
    return Finding("content policy", path, value, expected, _AGAIN)


def _console(folder: AuditedFolder) -> Iterator[Finding]:
    for path, text in folder.texts.items():
        if found := sorted(set(_CONSOLE.findall(text))):
            yield Finding(
                "console",
                path,
                f"it calls {shortened(f'console.{name}' for name in found)}",
                "no messages: a rater can open the console",
                _AGAIN,
            )


def _sounds(folder: AuditedFolder) -> Iterator[Finding]:
    for path in folder.pages:
        contents = [_decoded(text) for text in folder.embedded(path)]
        if others := sum(not is_stimulus(folder, content) for content in contents):
            yield Finding(
                "embedded sounds",
                path,
                f"{others} of {len(contents)} embedded files are not a stimulus, byte for byte",
                "the stimuli of the folder, which are checked",
                _AGAIN,
            )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


CHECKS = (
    Check("requests", "addresses outside of the folder in pages, scripts and style", _requests),
    Check("content policy", "content security policy of each page", _policies),
    Check("console", "calls of the console in pages and scripts", _console),
    Check("embedded sounds", "sounds inside the pages against the stimuli", _sounds),
)
