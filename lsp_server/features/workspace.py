"""The world around the documents: settings, folders, files on disk."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from lsprotocol import types

from lsp_server.client import dig
from lsp_server.failures import FeatureError
from lsp_server.graphs import tell_changed
from lsp_server.positions import path_of
from lsp_server.server import Server

SECTION = "pilotfish"

#: Files whose change on disk may change answers about open ones.
WATCHED = ("**/*.py", "**/*.pyi", "**/pyproject.toml", "**/pyvenv.cfg")


async def pull_configuration(server: Server) -> None:
    """Ask the client for its settings and take them over."""
    items = [types.ConfigurationItem(section=SECTION)]
    try:
        answer = await asyncio.wrap_future(
            server.workspace_configuration(types.ConfigurationParams(items=items))
        )
    except FeatureError:
        return  # refused: what was said before stays
    section = answer[0] if answer else None
    if isinstance(section, dict):
        configure(server, section)


def configure(server: Server, options: dict[str, Any]) -> None:
    """Take over the client's settings."""
    server.session.configure(options)
    server.outdate()


async def ask_to_be_told(server: Server) -> None:
    """Register for what cannot be offered in the answer to ``initialize``."""
    client = server.session.client
    wanted: list[types.Registration] = []
    if client.watch_files:
        watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in WATCHED]
        wanted.append(
            types.Registration(
                id="pilotfish-files",
                method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                register_options=types.DidChangeWatchedFilesRegistrationOptions(watchers),
            )
        )
    if client.register_configuration:
        wanted.append(
            types.Registration(
                id="pilotfish-settings",
                method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                register_options=types.DidChangeConfigurationRegistrationOptions(section=SECTION),
            )
        )
    if wanted:
        with contextlib.suppress(FeatureError):  # refused: then nothing is told, and nothing lost
            await asyncio.wrap_future(
                server.client_register_capability(types.RegistrationParams(wanted))
            )


def register(server: Server) -> None:
    """Follow settings, folders and files."""

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        server.session.spawn(ask_to_be_told(server))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        section = dig(params.settings, SECTION)
        if isinstance(section, dict):
            configure(server, section)
        elif server.session.client.configuration:
            server.session.spawn(pull_configuration(server))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        documents = server.session.documents
        paths = [path for change in params.changes if (path := path_of(change.uri))]
        server.session.spawn(tell_changed(server, paths))
        open_paths = {d.path for uri in documents.uris() if (d := documents.get(uri))}
        if any(path_of(change.uri) not in open_paths for change in params.changes):
            server.session.workspaces.forget()
            server.outdate()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        workspaces = server.session.workspaces
        removed = {path_of(folder.uri) for folder in params.event.removed}
        added = [path for folder in params.event.added if (path := path_of(folder.uri))]
        kept = [f for f in workspaces.folders if f not in removed]
        workspaces.folders = tuple(dict.fromkeys((*kept, *added)))
        workspaces.forget()
        server.outdate()
