"""A server of this machine that answers as the Hugging Face hub does, for models."""

import base64
import hashlib
import json
import os
import re
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TOKEN = "hf_" + "a" * 34


class Hub:
    """Repositories: commits with their files, and branches and tags.

    Attributes
    ----------
    url : str
    commits : dict
        (repository, commit) → {path: content}.
    refs : dict
        (repository, branch or tag) → commit.
    requests : list
        Method, path and token of each request.
    cut : set
        Names of files of which only the first half is sent; requests for the rest fail.
    private : set
        Repositories that require `TOKEN`.
    """

    def __init__(self):
        self.url = ""
        self.commits, self.refs, self.requests = {}, {}, []
        self.cut, self.private = set(), set()

    def commit(self, repository, files, *refs):
        """Add a commit; returns its hash."""
        content = json.dumps([repository, [[k, blob(v)] for k, v in sorted(files.items())]])
        name = hashlib.sha1(content.encode()).hexdigest()
        self.commits[repository, name] = files
        for ref in refs:
            self.refs[repository, ref] = name
        return name

    def publish(self, repository, folder, *refs):
        """Add the files of a folder as a commit; returns its hash."""
        folder = Path(folder)
        paths = [path for path in folder.rglob("*") if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        return self.commit(repository, files, *refs)

    def resolve(self, repository, revision):
        """The commit of a revision; None if there is none."""
        if (repository, revision) in self.commits:
            return revision
        return self.refs.get((repository, revision))

    def environment(self, home):
        """Variables with which huggingface_hub uses this hub, with its cache in `home`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        return kept | {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }


def blob(content):
    """The digest that git gives to a file."""
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


@contextmanager
def serving_hub():
    """Give a `Hub` while its server runs."""
    hub = Hub()

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        path = unquote(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.hub.requests.append((self.command, path, token))
        for pattern, method in _ROUTES.items():
            if found := re.fullmatch(pattern, path):
                if found["repository"] in self.hub.private and token != TOKEN:
                    return self.error(401, "RepoNotFound")
                return method(self, body, **found.groupdict())
        if path == "/api/whoami-v2":
            return self.json({"type": "user", "name": "lab", "auth": {"accessToken": {}}})
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked.get('organization') or 'lab'}/{asked['name']}"
            if (name, "main") not in self.hub.refs:
                self.hub.commit(name, {}, "main")
            return self.json({"url": f"{self.hub.url}/{name}", "name": name, "id": name})
        if path == "/api/validate-yaml":  # of the card
            return self.json({"errors": [], "warnings": []})
        return self.error(404, "")

    def send(self, status, content=b"", **headers):
        self.send_response(status)
        for name, value in ({"Content-Length": len(content)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def json(self, content):
        self.send(200, json.dumps(content).encode(), Content_Type="application/json")

    def error(self, status, code):
        self.send(status, X_Error_Code=code, X_Error_Message=code)

    def of_commit(self, repository, revision):
        """The commit and its files; None after an error was sent."""
        if not any(name == repository for name, _ in self.hub.commits):
            # As the hub does, which does not tell private models from missing ones.
            self.error(401, "RepoNotFound")
            return None
        if not (commit := self.hub.resolve(repository, revision)):
            self.error(404, "RevisionNotFound")
            return None
        return commit, self.hub.commits[repository, commit]

    def file(self, body, repository, revision, name):
        if not (found := self.of_commit(repository, revision)):
            return
        commit, files = found
        if name not in files:
            self.send(404, X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
            return
        content = files[name]
        headers = {"ETag": f'"{blob(content)}"', "X_Repo_Commit": commit}
        if self.command == "GET" and name in self.hub.cut:
            if self.headers.get("Range"):
                self.send(503)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return
        self.send(200, content, **headers)

    def info(self, body, repository, revision="main"):
        if found := self.of_commit(repository, revision):
            siblings = [{"rfilename": name} for name in found[1]]
            self.json({"id": repository, "sha": found[0], "siblings": siblings, "tags": []})

    def tree(self, body, repository, revision):
        if found := self.of_commit(repository, revision):
            self.json(
                [
                    {"type": "file", "path": name, "size": len(content), "oid": blob(content)}
                    for name, content in found[1].items()
                ]
            )

    def preupload(self, body, repository, revision):
        modes = [
            {"path": each["path"], "uploadMode": "regular", "shouldIgnore": False, "oid": None}
            for each in json.loads(body)["files"]
        ]
        self.json({"files": modes})

    def add_commit(self, body, repository, revision):
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        files = dict(self.hub.commits[repository, self.hub.resolve(repository, revision)])
        for line in lines:
            if line["key"] == "file":
                files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        commit = self.hub.commit(repository, files, revision)
        url = f"{self.hub.url}/{repository}/commit/{commit}"
        self.json({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def tag(self, body, repository, revision):
        commit = self.hub.resolve(repository, revision)
        self.hub.refs[repository, json.loads(body)["tag"]] = commit
        self.json({})


_REPOSITORY = r"(?P<repository>[^/]+/[^/]+)"
_API = rf"/api/models/{_REPOSITORY}"
_ROUTES = {
    rf"/{_REPOSITORY}/resolve/(?P<revision>.+?)/(?P<name>[^/]+|evaluation/[^/]+)": _Handler.file,
    _API: _Handler.info,
    rf"{_API}/revision/(?P<revision>.+)": _Handler.info,
    rf"{_API}/tree/(?P<revision>.+)": _Handler.tree,
    rf"{_API}/preupload/(?P<revision>.+)": _Handler.preupload,
    rf"{_API}/commit/(?P<revision>.+)": _Handler.add_commit,
    rf"{_API}/tag/(?P<revision>.+)": _Handler.tag,
}
