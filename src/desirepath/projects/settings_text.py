"""The settings of a project as the text that its row holds: a JSON object without the id."""

import msgspec

from desirepath.model.project import Project

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_origins = msgspec.json.Decoder(tuple[str, ...])


def encode_settings(project: Project) -> str:
    """`project` without its id. Every setting is written, so a new default changes no project."""
    settings = msgspec.structs.asdict(project)
    del settings["id"]
    return _encode(settings).decode()


def decode_settings(project_id: str, text: str) -> Project:
    """The project that a row holds. msgspec.DecodeError where somebody broke the text."""
    whole = _encode({**_decode(text), "id": project_id})
    return msgspec.json.decode(whole, type=Project)


def encode_origins(origins: tuple[str, ...]) -> str:
    """A list of origins as the text of a key's row."""
    return _encode(origins).decode()


def decode_origins(text: str) -> tuple[str, ...]:
    """The list of origins that a key's row holds."""
    return _origins.decode(text)
