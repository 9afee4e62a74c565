from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from decoding.vocabulary import tokens as vocabulary
from decoding.vocabulary.tokens import IDENTIFIER_BYTES, build

TOKENS = st.lists(st.binary(max_size=4), max_size=40)


@settings(deadline=None)
@given(TOKENS, st.binary(max_size=3))
def test_endings_are_the_tokens_that_spell_it_and_leave_the_name(
    tokens: list[bytes], spelled: bytes
) -> None:
    words = vocabulary.load(tokens)
    expected = [
        i
        for i, token in enumerate(tokens)
        if token.startswith(spelled)
        and len(token) > len(spelled)
        and token[len(spelled)] not in IDENTIFIER_BYTES
    ]
    assert sorted(words.ending(spelled).tolist()) == expected


@settings(deadline=None)
@given(TOKENS)
def test_bytes_round_trip_and_equal_spellings_are_all_found(tokens: list[bytes]) -> None:
    words = vocabulary.load(tokens)
    assert words.spelling(range(len(tokens))) == b"".join(tokens)
    for spelled in set(tokens) - {b""}:
        found = words.spelled_as(spelled)
        assert found == [i for i, token in enumerate(tokens) if token == spelled]


@settings(deadline=None)
@given(TOKENS, st.binary(min_size=1, max_size=2))
def test_behind_a_beginning_the_look_ups_are_those_of_the_rest(
    tokens: list[bytes], beginning: bytes
) -> None:
    words = vocabulary.load(tokens)
    behind = words.behind(beginning)
    for token, spelled in enumerate(tokens):
        if spelled.startswith(beginning) and spelled != beginning:
            rest = spelled.removeprefix(beginning)
            assert token in (behind.exact[rest], *behind.twins.get(rest, ()))
    for rest, span in behind.endings.items():
        assert span == words.spellings.endings[beginning + rest]
    found = {end for end in words.spellings.endings if end.startswith(beginning)}
    assert {beginning + rest for rest in behind.endings} == found


@settings(deadline=None)
@given(TOKENS)
def test_every_node_of_the_trie_spans_exactly_the_tokens_below_it(tokens: list[bytes]) -> None:
    nodes = build(tokens)
    spelled = [b""]
    for parent, label in zip(nodes.parent[1:].tolist(), nodes.label[1:].tolist(), strict=True):
        spelled.append(spelled[parent] + bytes([label]))
    assert len(set(spelled)) == len(spelled)
    for node, prefix in enumerate(spelled):
        below = nodes.order[nodes.first[node] : nodes.last[node]].tolist()
        assert sorted(below) == [i for i, t in enumerate(tokens) if t and t.startswith(prefix)]
        assert nodes.exact[node] == tokens.count(prefix) * bool(prefix)
        assert nodes.depth[node] == len(prefix)


def test_a_broken_cache_is_built_again(tmp_path: Path) -> None:
    tokens = [b"a", b"ab", b".append", b"(", b"\xc3"]
    fresh = vocabulary.load(tokens, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for broken in (b"", whole[:100], whole[:-30], b"PK\x03\x04" + bytes(50)):
        file.write_bytes(broken)
        assert vocabulary.load(tokens, tmp_path).spellings == fresh.spellings
    assert file.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert vocabulary.load([b"a"], tmp_path / "file" / "cache").spelled_as(b"a") == [0]
