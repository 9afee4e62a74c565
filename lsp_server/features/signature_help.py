"""``textDocument/signatureHelp``: what the call around the cursor takes, and which parameter is
being given."""

from __future__ import annotations

from lsprotocol import types

from analysis.names import Arity, ParameterKind, Signature
from analysis.syntax.statement import Statement, Token, statement_at
from engine.features.inspect import InspectRequest
from lsp_server.positions import offset_of
from lsp_server.server import Server
from lsp_server.session import View

#: As for a hover: what is typed on takes the place of a question that waits.
DEADLINE_MS = 10_000


def argument_at(statement: Statement) -> tuple[int, str] | None:
    """Where the argument around the statement's end begins, and the keyword it is given to, if
    any; of the innermost call. ``None`` outside of one."""
    tokens = statement.tokens
    for opener in reversed(statement.openers):
        if tokens[opener].text != "(" or not opener or not _is_called(tokens[opener - 1]):
            continue
        first = opener + 1
        depth = 0
        for index in range(opener + 1, len(tokens)):
            text = tokens[index].text if tokens[index].kind == "op" else ""
            depth += (text in _OPENING) - (text in _CLOSING)
            if text == "," and depth == 0:
                first = index + 1
        named = len(tokens) > first + 1 and tokens[first + 1].text == "="
        return tokens[first - 1].end, tokens[first].text if named else ""
    return None


_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")


def _is_called(before: Token) -> bool:
    """Whether a bracket behind this token opens a call."""
    return before.kind in ("name", "string") or before.text in (")", "]")


def active(signature: Signature, arity: Arity, keyword: str) -> int | None:
    """The index of the parameter that the next argument goes to."""
    parameters = signature.parameters
    for index, parameter in enumerate(parameters):
        if keyword and parameter.name == keyword:
            return index
    if keyword:
        return _first(signature, ParameterKind.VAR_KEYWORD)
    if arity.given.positional < len(signature.positional):
        return parameters.index(signature.positional[arity.given.positional])
    return _first(signature, ParameterKind.VAR_POSITIONAL)


def _first(signature: Signature, kind: ParameterKind) -> int | None:
    return next((i for i, p in enumerate(signature.parameters) if p.kind is kind), None)


def shown(name: str, signature: Signature) -> types.SignatureInformation:
    """A signature, each parameter marked in it."""
    label, marks = signature.label(name)
    return types.SignatureInformation(
        label=label, parameters=[types.ParameterInformation(label=mark) for mark in marks]
    )


async def signature_help(
    server: Server, view: View, position: types.Position
) -> types.SignatureHelp | None:
    """The help at ``position``, or ``None`` outside of a call or where nothing is known."""
    session, document = server.session, view.document
    offset = offset_of(document, position, view.encoding)
    tree = session.tree(document)
    where = argument_at(statement_at(document.text, offset, tree))
    if where is None:
        return None
    line, character = document.lines.position(where[0])
    snapshot = await session.snapshot(view)
    request = InspectRequest(snapshot, line, character, deadline_ms=DEADLINE_MS)
    names = (await session.ask(request)).names
    arity = names.arity
    if arity is None or not arity.signatures:
        return None
    name = names.receiver_type.rpartition(".")[2] or "…"
    fits = [i for i, s in enumerate(arity.signatures) if active(s, arity, where[1]) is not None]
    chosen = fits[0] if fits else 0
    return types.SignatureHelp(
        signatures=[shown(name, signature) for signature in arity.signatures],
        active_signature=chosen,
        active_parameter=active(arity.signatures[chosen], arity, where[1]),
    )


def register(server: Server) -> None:
    """Serve the request."""

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["(", ","]),
    )
    async def text_document_signature_help(
        params: types.SignatureHelpParams,
    ) -> types.SignatureHelp | None:
        view = server.session.view(params.text_document.uri)
        if not server.session.serves_language_features:
            return None
        work = signature_help(server, view, params.position)
        return await server.session.latest("signatureHelp", view.document.uri, work)
